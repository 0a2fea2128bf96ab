"""The memory that a run sets aside for a tokenizer is what it takes."""

import base64
import gzip
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

from program import BINARY, InFolder, lines, manifest, run, write_job

sys.path.append(str(Path(__file__).parents[2] / "oracle"))
import tokens  # noqa: E402

DATA = Path(os.environ.get("SHARDMILL_DATA", Path(__file__).parents[3] / "../shared/data")) / "tokenizers"

MEASURE = ("import os, sys; _, status, used = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0); "
           "print(used.ru_maxrss); sys.exit(status != 0)")


class TokenizerMemory(InFolder):
    def setUp(self):
        super().setUp()
        self.put("a.jsonl", lines(3000))

    def set_aside(self, settings):
        """Bytes that a run sets aside for the tokenizer, by its plan."""
        write_job(self.folder, steps="\n  - tokenize: {%s}\n" % ", ".join(map(": ".join, settings.items())))
        plan = subprocess.run([BINARY, "plan", "job.yaml", "--json"], cwd=self.folder, capture_output=True, check=True)
        return next(floor["bytes"] for floor in json.loads(plan.stdout)["memory"]["floors"] if "tokenize" in floor["what"])

    def peak(self, settings):
        options = [part for name, value in settings.items() for part in ("--" + name, value)]
        # The peak of a process begins with that of the one that starts it: a small one does.
        done = subprocess.run([sys.executable, "-ISc", MEASURE, BINARY, "tokenize", *options], cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return int(done.stdout) * 1024

    def reads(self, model):
        done = subprocess.run([BINARY, "tokenize", "--tokenizer", model], stdin=subprocess.DEVNULL, capture_output=True)
        return b"libsentencepiece-dev" not in done.stderr

    def packed(self, name, content):
        """A file that is much larger than it looks, most often."""
        (self.folder / name).write_bytes(gzip.compress(json.dumps(content).encode(), 6))
        return {"tokenizer": name}

    def test_what_is_set_aside_is_what_loading_takes(self):
        """Files as they are, packed ones, and made ones of whose parts there are as many as can be."""
        letters = [bytes([b]) for b in (*range(97, 123), *range(65, 91))]
        pairs = [(a, b) for a in letters for b in letters]
        triples = [(a + b, c) for a, b in pairs for c in letters[:20]]
        every = [bytes([b]) for b in range(256)] + [b"".join(both) for both in pairs + triples]
        vocabulary = tokens.tokenizer.Merges({token: n for n, token in enumerate(every)}, pairs + triples)
        many = tokens.tokenizer.tokenizer_json(vocabulary, "cl100k", [("<|endoftext|>", 90_000, True)])
        changed = lambda **parts: {**many, "model": many["model"] | parts}
        vocab = many["model"]["vocab"]
        apart = changed(merges=[merge.split(" ") for merge in many["model"]["merges"]])
        added = {**many, "added_tokens": many["added_tokens"] + [{"content": "<%d>" % n, "id": 90_001 + n} for n in range(40_000)]}
        long = changed(vocab=vocab | {"x" * 3000 + str(n): 60_000 + n for n in range(9000)})
        gaps = changed(vocab=vocab | {"xyz": 100_000})
        files = [self.packed(f"{n}.json.gz", made) for n, made in enumerate((many, apart, added, long, gaps))]
        if DATA.exists():
            for name in ("r50k_base", "cl100k_base", "o200k_base"):
                files.append({"encoding": name, "vocabulary": str(DATA / (name + ".tiktoken.zst"))})
            files.append({"encoding": "gpt2", "vocabulary": str(DATA / "gpt2_encoder.json.zst"),
                          "merges": str(DATA / "gpt2_vocab.bpe.zst")})
            files += [{"tokenizer": str(path)} for path in sorted(DATA.glob("*.model")) if self.reads(path)]
        for settings in files:
            with self.subTest(settings=settings):
                aside, taken = self.set_aside(settings), self.peak(settings) - self.peak({"encoding": "bytes"})
                print("%s: %.1f MiB set aside, %.1f taken" % (settings, aside / 2**20, taken / 2**20))
                self.assertLess(taken, aside)
                self.assertLess(aside, 4 * taken + (40 << 20), "no more than what it may come to")

    def test_a_run_without_room_for_it_does_not_load_it(self):
        every = [bytes([b]) for b in range(256)]
        tokens = every + [b"%d-" % n * 9 for n in range(100_000)]
        (self.folder / "big.tiktoken").write_bytes(b"".join(base64.b64encode(t) + b" %d\n" % n for n, t in enumerate(tokens)))
        peaks = {}
        for name, settings in {"bytes": "encoding: bytes", "big": "encoding: cl100k_base, vocabulary: big.tiktoken"}.items():
            write_job(self.folder, steps="\n  - tokenize: {%s}\n" % settings)
            done = subprocess.run([sys.executable, "-ISc", MEASURE, BINARY, "run", "job.yaml", "--memory", "64MiB"],
                                  cwd=self.folder, capture_output=True, text=True)
            self.assertIn("of memory, and this job needs", done.stderr)
            peaks[name] = int(done.stdout) * 1024
        settings = {"encoding": "cl100k_base", "vocabulary": "big.tiktoken"}
        taken = self.peak(settings) - self.peak({"encoding": "bytes"})
        print("refused: %.1f MiB; loaded: %.1f" % ((peaks["big"] - peaks["bytes"]) / 2**20, taken / 2**20))
        self.assertGreater(taken, 16 << 20)
        self.assertLess(peaks["big"] - peaks["bytes"], taken / 4)

    def test_a_run_takes_no_more_than_that(self):
        if not DATA.exists():
            self.skipTest("no tokenizers/ below SHARDMILL_DATA")
        settings, peaks = {"encoding": "o200k_base", "vocabulary": str(DATA / "o200k_base.tiktoken.zst")}, []
        aside = self.set_aside(settings)
        for steps in ("", "\n  - tokenize: {encoding: o200k_base, vocabulary: %s}\n" % settings["vocabulary"]):
            write_job(self.folder, steps=steps or "\n  - tokenize: {encoding: bytes}\n")
            self.succeeds(run(self.folder, "--memory", "512MiB"))
            peaks.append(manifest(self.folder, "run.json")["peak_memory"][0])
        print("a vocabulary took %.1f of %.1f MiB" % ((peaks[1] - peaks[0]) / 2**20, aside / 2**20))
        self.assertLess(peaks[1] - peaks[0], aside)


if __name__ == "__main__":
    unittest.main()

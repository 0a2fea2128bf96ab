"""Token shards of packed samples, as the readers of Cerebras Model Zoo open them."""

import hashlib
import json
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import h5py
from program import BINARY, InFolder, lines, manifest, run, write_job

sys.path.append(str(Path(__file__).parents[2] / "oracle"))
import tokens  # noqa: E402

STEPS = "\n  - dedup.exact: {}\n  - tokenize: {encoding: bytes}\n  - split: {train: 0.8, test: 0.2}\n"
TOKENS = "write: {tokens: {layout: sample, max_sequence_length: %d, packing: %s, attention_spans: %s, shard_size: 8KiB}}"


class Samples(InFolder):
    def setUp(self):
        super().setUp()
        self.put("a.jsonl", lines(300) + b'{"id": "none", "text": ""}\n')

    def job(self, length=64, packing="concat", spans=False):
        write_job(self.folder, steps=STEPS, extra=TOKENS % (length, packing, str(spans).lower()))

    def verify(self):
        return subprocess.run([BINARY, "verify", "out"], cwd=self.folder, capture_output=True, text=True)

    def files(self):
        current = self.folder / "out/current"
        return {str(path.relative_to(current)): hashlib.sha256(path.read_bytes()).hexdigest()
                for name in ("tokens", "token_documents") for path in sorted((current / name).rglob("*")) if path.is_file()}

    def train(self):
        return sorted((self.folder / "out/current/tokens/train").iterdir())

    def test_each_document_is_traced(self):
        texts = {row["id"]: row["text"] for row in map(json.loads, lines(300).splitlines())} | {"none": ""}
        for packing in ("concat", "greedy", "best_fit"):
            self.job(length=10, packing=packing)
            self.succeeds(run(self.folder, "--memory", "512MiB"))
            found = {}
            for path in (self.folder / "out/current/tokens").rglob("*.h5"):
                with h5py.File(path, "r") as file:
                    inputs = file["data"][:, 0].ravel()
                with h5py.File(str(path).replace("/tokens/", "/token_documents/"), "r") as file:
                    columns = file["columns"]
                    ends, content = columns["id"]["offsets"][:], columns["id"]["bytes"][:].tobytes()
                    for i, (begin, token, n) in enumerate(zip(*(columns[c][:].tolist() for c in ("begin", "token", "tokens")))):
                        name = content[ends[i]:ends[i + 1]].decode()
                        found.setdefault(name, {}).update({token + k: inputs[begin + k] for k in range(n)})
            self.assertEqual(set(found), set(texts))
            for name, ids in found.items():
                ids = [ids[i] for i in sorted(ids) if ids[i] != 256]
                self.assertEqual(bytes(ids).decode(), texts[name])

    def test_same_bytes_on_any_ranks(self):
        self.job(packing="best_fit", spans=True)
        found = []
        for ranks in (1, 2, 3, 5):
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            spill = [("SHARDMILL_FORCE_SPILL", "1")] if ranks == 3 else []
            self.succeeds(run(self.folder, "--memory", "512MiB", ranks=ranks, environment=spill))
            found.append(self.files())
        self.assertEqual(found[1:], found[:1] * 3)

    def test_another_layout_reads_nothing_again(self):
        seen = set()
        for settings in ((64, "concat", False), (64, "greedy", False), (64, "greedy", True), (32, "greedy", True)):
            self.job(*settings)
            self.succeeds(run(self.folder))
            seen.add(tuple(sorted(self.files().items())))
        write_job(self.folder, steps=STEPS)
        self.succeeds(run(self.folder))
        self.assertEqual(manifest(self.folder, "run.json")["fragments_read"], 0)
        self.assertEqual(len(seen), 4)
        self.assertTrue(any(path.suffix == ".idx" for path in self.train()))
        self.assertEqual(self.verify().returncode, 0)

    def test_damage_is_seen_and_mended(self):
        self.job()
        self.succeeds(run(self.folder))
        expected = self.files()
        for folder in ("tokens", "token_documents"):
            path = sorted((self.folder / "out/current" / folder / "train").resolve().iterdir())[0]
            content = path.read_bytes()
            path.unlink()
            path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
            self.assertIn(path.name, self.verify().stdout)
            self.succeeds(run(self.folder, "--memory", "256MiB", "--fresh"))
            self.assertEqual(self.files(), expected)

    def test_a_shard_of_nothing_but_an_end_token(self):
        self.put("a.jsonl", b'{"id": "none", "text": ""}\n')
        for packing in ("concat", "greedy", "best_fit"):
            self.job(packing=packing)
            self.succeeds(run(self.folder))
            [path] = (self.folder / "out/current/tokens").rglob("*.h5")
            with h5py.File(path, "r") as file:
                self.assertEqual((file["data"].shape, int(file.attrs["n_documents"])), ((0, 3, 64), 1))
            self.assertEqual(self.verify().returncode, 0, self.verify().stdout)

    def test_a_window_is_set_aside(self):
        """What best_fit holds is part of what a run needs: 512 samples of ids, and their documents."""
        needs = []
        for packing in ("greedy", "best_fit"):
            self.job(length=4096, packing=packing)
            plan = subprocess.run([BINARY, "plan", "job.yaml"], cwd=self.folder, capture_output=True, text=True).stdout
            needs.append([line.split()[-2:] for line in plan.splitlines() if "a window of documents for best_fit" in line])
        self.assertEqual(needs, [[], [["40.0", "MiB"]]])

    def test_mistakes_are_told(self):
        for settings, told in (
                ("layout: sample", "`layout: sample` needs `max_sequence_length`, positions of a sample"),
                ("layout: sample, max_sequence_length: 0", "at least 1"),
                ("layout: sample, max_sequence_length: 8, packing: best", "expected one of concat, greedy, best_fit"),
                ("max_sequence_length: 8", "`max_sequence_length` is for `layout: sample`"),
                ("packing: greedy", "`packing` is for `layout: sample`")):
            with self.subTest(settings=settings):
                write_job(self.folder, steps=STEPS, extra="write: {tokens: {%s}}" % settings)
                self.refused(run(self.folder), 2, told)
        self.job()
        self.succeeds(run(self.folder))
        done = subprocess.run([BINARY, "export", "out", "--format", "olmo", "--to", "new"], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("needs token shards of layout corpus", done.stderr)


class Export(InFolder):
    """From a snapshot of layout corpus, what the same job publishes with layout sample."""

    STEPS = "\n  - dedup.exact: {}\n  - tokenize: {%s}\n  - split: {train: 0.8, test: 0.2}\n"

    def run_job(self, settings, tokenize="encoding: bytes"):
        write_job(self.folder, steps=self.STEPS % tokenize, extra="write: {tokens: {shard_size: 8KiB, %s}}" % settings)
        self.succeeds(run(self.folder, "--memory", "512MiB", ranks=2))

    def export(self, to, *options, status=0):
        done = subprocess.run([BINARY, "export", "out", "--format", "hdf5-sample", "--to", to, *options], cwd=self.folder,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr

    def test_the_same_bytes_as_a_run(self):
        self.put("a.jsonl", lines(300) + b'{"id": "none", "text": ""}\n')
        (self.folder / "small.json").write_text(json.dumps(tokens.small_file()))
        cases = [("concat", 64, False), ("greedy", 64, True), ("best_fit", 100, True), ("best_fit", 1, False), ("concat", 5000, True)]
        for tokenize, weights in (("encoding: bytes", ""), ("tokenizer: small.json", ""), ("encoding: bytes", ", epochs: {s: 1.5}")):
            self.run_job("layout: corpus" + weights, tokenize)
            for packing, length, spans in cases:
                self.export(f"{packing}-{length}", "--max-sequence-length", str(length), *["--packing", packing][:2 * (packing != "concat")],
                            *["--attention-spans"] * spans)
            for packing, length, spans in cases:
                with self.subTest(tokenize=tokenize + weights, packing=packing, length=length):
                    self.run_job(f"layout: sample, max_sequence_length: {length}, packing: {packing}, "
                                 f"attention_spans: {str(spans).lower()}{weights}", tokenize)
                    made, current = self.folder / f"{packing}-{length}", self.folder / "out/current"
                    expected = {}
                    for name in ("tokens", "token_documents"):
                        for path in (current / name).rglob("*.h5"):
                            relative = path.relative_to(current / ("tokens" if name == "tokens" else ""))
                            expected[str(relative)] = path.read_bytes()
                    found = {str(path.relative_to(made)): path.read_bytes() for path in made.rglob("*") if path.is_file()}
                    self.assertEqual(sorted(found), sorted(expected))
                    self.assertGreater(len(found), 8)
                    self.assertEqual([name for name in found if found[name] != expected[name]], [])
                    shutil.rmtree(made)

    def test_what_cannot_be_is_refused(self):
        self.put("a.jsonl", lines(20))
        self.run_job("layout: corpus")
        self.assertIn("needs `--max-sequence-length`", self.export("to", status=2))
        self.assertIn("at least 1", self.export("to", "--max-sequence-length", "0", status=2))
        self.assertIn("best_fit", self.export("to", "--max-sequence-length", "8", "--packing", "bestfit", status=2))
        self.assertFalse((self.folder / "to").exists())
        self.export("to", "--max-sequence-length", "8")
        self.assertIn("empty or not there yet", self.export("to", "--max-sequence-length", "8", status=2))
        self.assertIn("empty or not there yet", self.export("-", "--max-sequence-length", "8", status=2))
        for options in (["--packing", "greedy"], ["--attention-spans"], ["--max-sequence-length", "8"]):
            done = subprocess.run([BINARY, "export", "out", "--format", "olmo", "--to", "olmo", *options], cwd=self.folder,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"`{options[0]}` is for `--format hdf5-sample`", done.stderr)
        self.run_job("layout: sample, max_sequence_length: 8")
        self.assertIn("needs token shards of layout corpus", self.export("new", "--max-sequence-length", "8", status=2))
        self.assertFalse((self.folder / "new").exists())


if __name__ == "__main__":
    unittest.main()

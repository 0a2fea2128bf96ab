"""Token shards end to end: same bytes on any ranks and after kills, shared by snapshots, seen when they are damaged."""

import hashlib
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import time
import unittest
from pathlib import Path

import h5py
from program import BINARY, ENVIRONMENT, InFolder, command, lines, manifest, run, store, write_job

sys.path.append(str(Path(__file__).parents[2] / "oracle"))
import tokenizer  # noqa: E402
import tokens  # noqa: E402

STEPS = "\n  - dedup.exact: {}\n  - tokenize: {encoding: bytes}\n  - split: {train: 0.8, test: 0.2}\n"
SIZE = "write: {tokens: {shard_size: %s}}"
DATA = Path(os.environ.get("SHARDMILL_DATA", Path(__file__).parents[3] / "../shared/data")) / "tokenizers"


class Tokens(InFolder):
    def setUp(self):
        super().setUp()
        self.put("a.jsonl", lines(300))
        write_job(self.folder, steps=STEPS, extra=SIZE % "8KiB")

    def files(self):
        current = self.folder / "out/current"
        return {str(path.relative_to(current)): hashlib.sha256(path.read_bytes()).hexdigest()
                for name in ("tokens", "token_documents") for path in sorted((current / name).rglob("*")) if path.is_file()}

    def verify(self):
        return subprocess.run([BINARY, "verify", "out"], cwd=self.folder, capture_output=True, text=True)

    def test_a_run_says_how_many(self):
        done = self.succeeds(run(self.folder, "--memory", "256MiB", "--json"))
        found = manifest(self.folder)["tokens"]
        self.assertEqual(json.loads(done.stdout)["tokens"], found)
        self.assertIn(f"tokens: test {found['test']:,}, train {found['train']:,}", done.stderr)
        self.assertIn(f"`tokens/train` has {found['train']:,} tokens", (self.folder / "out/current/data_card.md").read_text())

    def test_a_run_counts_the_tokens_of_each_source(self):
        """Of what is published: dropped copies do not count, and texts are measured as `normalize` leaves them."""
        for name, rows in (("a", [(f"a{n}", "Größe  %d" % (n % 7)) for n in range(20)]), ("b", [("b", "x" * 10)]), ("c", [("c", "Größe 1")])):
            self.put(name + ".jsonl", "".join(json.dumps({"id": i, "text": text}) + "\n" for i, text in rows).encode())
        write_job(self.folder, steps="\n  - normalize: {whitespace: true}" + STEPS, read="in/a.jsonl",
                  source="}\n  - {name: other, read: in/b.jsonl}\n  - {name: copies, read: in/c.jsonl")
        done = self.succeeds(run(self.folder, "--json", "--memory", "512MiB", ranks=2))
        texts = ["Größe %d" % n for n in range(7)]
        size = sum(len(text.encode()) for text in texts)
        expected = {"s": {"tokens": size + 7, "text_bytes": size}, "other": {"tokens": 11, "text_bytes": 10}}
        self.assertEqual(manifest(self.folder)["source_tokens"], expected)
        said = json.loads(done.stdout)["source_tokens"]
        for source, sums in expected.items():
            self.assertEqual(said[source], {**sums, "bytes_per_token": sums["text_bytes"] / sums["tokens"]})
        report = subprocess.run([BINARY, "report", "out", "--json"], cwd=self.folder, capture_output=True, text=True)
        rows = {row["source"]: row for row in json.loads(report.stdout)["sources"]}
        self.assertEqual({name: (row["tokens"], row["text_bytes"]) for name, row in rows.items()},
                         {"s": (size + 7, size), "other": (11, 10), "copies": (0, 0)})
        self.assertEqual((rows["other"]["bytes_per_token"], rows["copies"]["bytes_per_token"]), (10 / 11, 0))
        current = self.folder / "out/current"
        self.assertRegex((current / "report.txt").read_text(), r"other +1 +1 .*\n +tokens, and bytes of text for each +11 +0\.91\n")
        self.assertIn("| other | 1 | 1 | 100.0 % | 11 | 0.91 |\n", (current / "data_card.md").read_text())
        self.assertIn("| copies | 1 | 0 | 0.0 % | 0 | - |\n", (current / "data_card.md").read_text())
        self.assertEqual(self.verify().returncode, 0)

    def test_same_bytes_on_any_ranks(self):
        found = []
        for ranks in (1, 2, 3, 5):
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            spill = [("SHARDMILL_FORCE_SPILL", "1")] if ranks == 3 else []
            self.succeeds(run(self.folder, "--memory", "512MiB", ranks=ranks, environment=spill))
            found.append(self.files())
        self.assertEqual(found[1:], found[:1] * 3)
        self.assertGreater(sum(name.endswith(".idx") for name in found[0]), 4)

    def test_same_bytes_after_kills(self):
        self.succeeds(run(self.folder))
        expected = self.files()
        choose = random.Random(3)
        for _ in range(5):
            shutil.rmtree(self.folder / "out")
            process = subprocess.Popen(command(), cwd=self.folder, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
            time.sleep(choose.uniform(0.02, 0.3))
            process.kill()
            process.wait()
            self.succeeds(run(self.folder, ranks=2))
            self.assertEqual(self.files(), expected)

    def test_each_document_is_its_text(self):
        self.succeeds(run(self.folder))
        texts = {row["id"]: row["text"] for row in map(json.loads, lines(300).splitlines())}
        seen = 0
        for path in (self.folder / "out/current/tokens").rglob("*.h5"):
            for row in tokens.read_shard(path)[1]:
                self.assertEqual(row["tokens"].decode("utf-16-le"), texts[row["id"]] + "\u0100")
                seen += 1
        self.assertEqual(seen, manifest(self.folder)["documents_kept"])
        self.assertEqual(sum(manifest(self.folder)["tokens"].values()), sum(len(text) + 1 for text in texts.values()))

    def test_a_night_shares_what_is_unchanged(self):
        self.succeeds(run(self.folder))
        before = {path.name: path.stat().st_ino for path in (self.folder / "out/current/tokens/train").iterdir()}
        self.put("b.jsonl", lines(5, seed=2))
        self.succeeds(run(self.folder))
        train = self.folder / "out/current/tokens/train"
        for name, inode in before.items():
            self.assertEqual((train / name).stat().st_ino, inode, name)
        for path in train.glob("*.h5"):
            self.assertTrue(os.path.samefile(path, path.with_suffix(".bin")))
        self.assertGreater(len(list(train.iterdir())), len(before))
        self.assertEqual(self.verify().returncode, 0)

    def test_other_ids_of_the_same_texts_are_other_shards(self):
        """Another setting, and another file of the same name with as many tokens: nothing else tells them apart."""
        self.put("a.jsonl", b'{"id": "a", "text": "one <|endoftext|> two"}\n')
        vocabulary, found = self.folder / "v.json", []
        byte_names = [chr(b) if 33 <= b <= 126 or 161 <= b <= 172 or 174 <= b else chr(256 + n) for n, b in
                      [(sum(not (33 <= c <= 126 or 161 <= c <= 172 or 174 <= c) for c in range(b)), b) for b in range(256)]]
        for settings, merge in (("encoding: bytes", ""), ("encoding: bytes, allow_special: true", ""),
                                ("tokenizer: v.json, eos: <|e|>", "o n"), ("tokenizer: v.json, eos: <|e|>", "n e")):
            vocab = {name: i for i, name in enumerate(byte_names)} | ({merge.replace(" ", ""): 256} if merge else {})
            vocabulary.write_text(json.dumps({
                "added_tokens": [{"id": 257, "content": "<|e|>", "special": True}],
                "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False}, "decoder": {"type": "ByteLevel"},
                "model": {"type": "BPE", "vocab": vocab, "merges": [merge] if merge else []}}))
            write_job(self.folder, steps="\n  - tokenize: {%s}" % settings)
            self.succeeds(run(self.folder, "--memory", "512MiB"))
            [path] = (self.folder / "out/current/tokens").rglob("*.h5")
            found.append(tokens.read_shard(path)[1][0]["tokens"])
            self.assertEqual(manifest(self.folder)["tokens"], {"train": len(found[-1]) // 2})
            self.assertEqual(self.verify().returncode, 0)
        self.assertEqual(len(set(found)), 4)

    def test_each_document_has_one_end_whatever_the_file_calls_it(self):
        ends = ("<|endoftext|>", "<|im_end|>", "<|no|>")
        texts = [f"{n} {''.join(ends)} {n}" for n in range(3)]
        self.put("a.jsonl", "".join(json.dumps({"text": text}) + "\n" for text in texts).encode())
        file = tokens.small_file()
        for settings, end in (("", 0), (", eos: <|im_end|>", 1)):
            for form in ({}, {"special": True}, {"normalized": True}):
                for layout in ("corpus", "sample, max_sequence_length: 20, packing: greedy"):
                    file["added_tokens"] = [{"id": tokens.END + n, "content": text, "special": False, "normalized": False} | form
                                            for n, text in enumerate(ends)]
                    (self.folder / "v.json").write_text(json.dumps(file))
                    write_job(self.folder, steps="\n  - tokenize: {tokenizer: v.json%s}\n" % settings,
                              extra="write: {tokens: {layout: %s}}" % layout)
                    self.succeeds(run(self.folder, "--memory", "512MiB"))
                    self.assertEqual(self.verify().returncode, 0, self.verify().stdout)
                    [path] = (self.folder / "out/current/tokens").rglob("*.h5")
                    if layout == "corpus":
                        for row in tokens.read_shard(path)[1]:
                            ids = struct.unpack("<%di" % (len(row["tokens"]) // 4), row["tokens"])
                            self.assertEqual([ids.count(tokens.END + n) for n in range(3)],
                                             [int(n == end if "special" in form or n == end else 1) for n in range(3)])

    def test_verify_knows_how_many_there_are(self):
        self.succeeds(run(self.folder))
        path = self.folder / "out/current/manifest.json"
        content = json.loads(path.read_text())
        content["tokens"]["train"] += 1
        path.write_text(json.dumps(content))
        self.assertIn("tokens/train: number of tokens is", self.verify().stdout)
        content["tokens"]["train"] -= 1
        content["source_tokens"]["s"]["tokens"] += 1
        path.write_text(json.dumps(content))
        self.assertIn("manifest.json: tokens of all sources is", self.verify().stdout)

    def test_a_shard_with_three_names_takes_room_once(self):
        self.put("a.jsonl", lines(3000))
        self.succeeds(run(self.folder))
        done = subprocess.run([BINARY, "snapshots", "out", "--json"], cwd=self.folder, capture_output=True, text=True)
        [snapshot] = json.loads(done.stdout)
        files = {path.stat().st_ino: path.stat().st_size for path in (self.folder / "out/current/").rglob("*") if path.is_file()}
        self.assertEqual((snapshot["bytes"], snapshot["bytes_not_shared"]), (sum(files.values()),) * 2)

    def test_another_shard_size_reads_nothing_again(self):
        self.succeeds(run(self.folder))
        write_job(self.folder, steps=STEPS, extra=SIZE % "1MiB")
        self.succeeds(run(self.folder))
        self.assertEqual(manifest(self.folder, "run.json")["fragments_read"], 0)
        self.assertEqual([path.name for path in (self.folder / "out/current/tokens/train").glob("*.idx")], ["0001-r.idx"])

    def test_an_empty_text_is_its_end(self):
        self.put("a.jsonl", b'{"id": "none", "text": ""}\n')
        self.succeeds(run(self.folder))
        [path] = (self.folder / "out/current/tokens").rglob("*.h5")
        self.assertEqual(tokens.read_shard(path)[1][0]["tokens"], b"\x00\x01")

    def test_damage_is_seen_and_mended(self):
        self.succeeds(run(self.folder))
        expected = self.files()
        for ending in (".h5", ".idx", ".bin"):
            for change in ("gone", "other bytes"):
                with self.subTest(ending=ending, change=change):
                    folder = (self.folder / "out/current/tokens/train").resolve()
                    path = sorted(folder.glob("*" + ending))[0]
                    content = path.read_bytes()
                    path.unlink()  # so that other names of it stay whole
                    if change == "other bytes":
                        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
                    self.assertIn(f"tokens/train/{path.name}", self.verify().stdout)
                    self.succeeds(run(self.folder, "--memory", "256MiB", "--fresh"))
                    self.assertEqual(self.files(), expected)
                    self.assertEqual(self.verify().returncode, 0)

    def test_another_end_token_writes_token_shards_alone(self):
        end, other = ("<|endoftext|>", tokens.END), ("<|other|>", tokens.END + 1)
        (self.folder / "two.json").write_text(json.dumps(tokenizer.tokenizer_json(
            tokens.small(), "cl100k", [(*end, True), (*other, True)])))
        found, kept = [], []
        for settings, (_, number) in (("", end), (", eos: <|other|>", other), ("", end), (", eos: <|endoftext|>", end)):
            write_job(self.folder, steps=STEPS.replace("encoding: bytes", "tokenizer: two.json" + settings), extra=SIZE % "16KiB")
            self.succeeds(run(self.folder, "--memory", "512MiB"))
            current = self.folder / "out/current"
            kept.append({name: file for name, file in store(self.folder).items() if name.startswith("fragments/")})
            kept[-1].update((str(path.relative_to(current)), path.stat().st_ino)
                            for name in ("text", "ledger") for path in (current / name).rglob("*.h5"))
            found.append(self.files())
            for path in (current / "tokens").rglob("*.h5"):
                for row in tokens.read_shard(path)[1]:
                    ids = struct.unpack("<%di" % (len(row["tokens"]) // 4), row["tokens"])
                    self.assertEqual([i for i in ids if i >= tokens.END], [number])
            self.assertEqual(self.verify().returncode, 0)
        self.assertEqual(kept[1:], kept[:1] * 3)
        self.assertGreater(len(kept[0]), 3)
        self.assertEqual(found[2:], [found[0]] * 2)
        self.assertEqual({name for name in found[0] if found[0][name] != found[1][name]},
                         {name for name in found[0] if name.endswith((".h5", ".bin")) and name.startswith("tokens/")})

    def test_a_tokenizer_without_an_end_token(self):
        """Refused, until the job names one."""
        (self.folder / "none.json").write_text(json.dumps(tokenizer.tokenizer_json(
            tokens.small(), "cl100k", [("<|x|>", tokens.END, True)])))
        cases = [("none.json", "<|x|>", tokens.END)]
        if (DATA / "sentencepiece_test_en_1k.model").exists():
            # Its message 2, trainer_spec, once more: field 47, eos_piece, is a piece that is not there.
            model, spec = (DATA / "sentencepiece_test_en_1k.model").read_bytes(), b"\xfa\x02\x04none"
            (self.folder / "none.model").write_bytes(model + b"\x12" + bytes([len(spec)]) + spec)
            cases.append(("none.model", "<s>", 1))
        for file, end, number in cases:
            with self.subTest(file):
                write_job(self.folder, steps=STEPS.replace("encoding: bytes", "tokenizer: " + file))
                self.refused(run(self.folder, "--memory", "512MiB"), 2, "the tokenizer names no token that ends a text; name one with `eos`")
                write_job(self.folder, steps=STEPS.replace("encoding: bytes", f"tokenizer: {file}, eos: {end}"))
                self.succeeds(run(self.folder, "--memory", "512MiB"))
                [path, *_] = (self.folder / "out/current/tokens/train").glob("*.h5")
                with h5py.File(path) as shard:
                    self.assertEqual((shard["data"][-1], shard.attrs["eos_id"]), (number, number))
                self.assertEqual(self.verify().returncode, 0)
                shutil.rmtree(self.folder / "out")

    def test_an_unknown_end_token_is_refused(self):
        write_job(self.folder, steps=STEPS.replace("bytes}", "bytes, eos: <|end|>}"))
        done = run(self.folder)
        self.refused(done, 2, "no special token is \"<|end|>\"")

    def test_a_missing_file_is_shown_where_the_job_names_it(self):
        (self.folder / "there.json").write_text("{}")
        for encoding in ("cl100k_base, vocabulary: no.tiktoken", "gpt2, vocabulary: there.json, merges: no.bpe"):
            write_job(self.folder, steps=STEPS.replace("bytes", encoding))
            missing = encoding.split()[-1]
            before = (self.folder / "job.yaml").read_text().split(missing)[0].split("\n")
            self.refused(run(self.folder), 4, f"job.yaml:{len(before)}:{len(before[-1]) + 1}: tokenize: no file /", missing)


if __name__ == "__main__":
    unittest.main()

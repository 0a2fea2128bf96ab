"""verify of token shards: whether tokens are those of the texts, in either layout, with weights, and with files that are gone."""

import json
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import h5py
import published
from forged_tokens import ForgedTokens, Shard
from published import documents_path
from small_dataset import SmallDataset, edit

sys.path.append(str(Path(__file__).parents[1] / "run"))
from program import BINARY, InFolder, run, write_job  # noqa: E402

ORACLE = Path(__file__).parents[2] / "oracle"  # its module `published` is another one than ours
sys.path.append(str(ORACLE))
from hashes import place  # noqa: E402

LENGTH = 64


class Manifests(SmallDataset):
    def good(self):
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.snapshot, copy)
        return copy, self.call("verify", copy)


class VerifySampleTexts(Manifests):
    """Of each packing: a token that is another one, where it is an input and where it is a label."""

    def test_another_token(self):
        layout = "{layout: sample, max_sequence_length: %d, packing: %s, shard_size: 1MiB}"
        before = self.folder / "job.yaml"
        for packing in ("concat", "greedy", "best_fit"):
            before.write_text(ForgedTokens.job.replace("{shard_size: 12KiB}", layout % (LENGTH, packing)))
            self.make()
            snapshot = max((self.folder / "out/snapshots").glob("0*"))
            type(self).snapshot = snapshot
            self.assertIn("with the tokens of its text", self.good()[1])
            path = next(str(path.relative_to(snapshot)) for path in sorted((snapshot / "tokens/train").glob("*.h5")))
            pieces = published.read(snapshot / documents_path(path))[1]
            long = next(piece for piece in pieces if piece["token"] == 0 and piece["tokens"] == LENGTH)
            later = next(piece for piece in pieces if piece["token"] and piece["tokens"] > 5)
            for piece, at in ((long, 0), (long, 7), (later, 3)):
                def damage(copy):
                    with h5py.File(copy / path, "r+") as shard:
                        sample, position = divmod(piece["begin"] + at, LENGTH)
                        cells = shard["data"]
                        token = int(cells[sample, 0, position]) ^ 1
                        cells[sample, 0, position] = token
                        if at:
                            cells[sample, 2, position - 1] = token
                    published.sign(copy, path)

                with self.subTest(packing=packing, at=at, token=piece["token"]):
                    row = next(n for n, first in enumerate(pieces) if first["token"] == 0 and first["key"] == piece["key"])
                    self.damaged(damage, "%s: row %d: document %s of %s: its key, copy or tokens" % (
                        path, row, piece["id"], piece["source"]))


class VerifyWeightedTexts(ForgedTokens, Manifests):
    job = ForgedTokens.job.replace("{shard_size: 12KiB}", "{shard_size: 1MiB, epochs: {books: 3, web: 1.5}}")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.path = next(path for path in cls.tokens if len({row["source"] for row in cls.tokens[path]}) > 1)

    def forged(self, change, *expected):
        """The mixture says what is there, too."""
        def damage(copy):
            shard = Shard(copy, self.path)
            change(shard.rows)
            shard.write()
            content = json.loads((copy / "manifest.json").read_text())
            content["source_tokens"] = self.manifest["source_tokens"]
            train = [row for path in self.tokens if "/train/" in path for row in Shard(copy, path).rows]
            for source, sums in content["mixture"].items():
                rows = [row for row in train if row["source"] == source]
                sums.update(published_documents=len(rows), published_tokens=sum(len(row["ids"]) for row in rows))
            (copy / "manifest.json").write_text(json.dumps(content))

        return self.damaged(damage, *expected)

    def test_copies(self):
        self.assertEqual(set(self.manifest["mixture"]), {"books", "web"})
        self.good()
        rows = self.tokens[self.path]
        times = {row["key"]: sum(other["key"] == row["key"] for other in rows) for row in rows}
        third = next(n for n, row in enumerate(rows) if row["copy"] == 2)
        once = next(n for n, row in enumerate(rows) if times[row["key"]] == 1)
        second = next(n for n, row in enumerate(rows) if row["source"] == "web" and row["copy"] == 1)
        for name, change, row, *counts in (
                ("one less", lambda rows: rows.pop(third), rows[third], 2, 3),
                ("one more", lambda rows: rows.insert(once, dict(rows[once])), rows[once], 2, 1),
                ("no second one", lambda rows: rows.pop(second), rows[second], 1, 2)):
            with self.subTest(name):
                times = "is %d times in token shards of train, expected %d" % tuple(counts)
                self.forged(change, "%s: row " % self.path, "document %s of %s %s" % (row["id"], row["source"], times))
        with self.subTest("a third copy that calls itself a fourth"):
            def renamed(rows):
                rows[third]["copy"] = 3
                rows.sort(key=lambda row: place(7, row["id"], row["copy"]))
            self.forged(renamed, "document %s of books: its key, copy or tokens" % rows[third]["id"])
        with self.subTest("other ids of a copy"):
            self.forged(lambda rows: rows[third]["ids"].__setitem__(0, 65), "%s: row %d: document " % (self.path, third))

    def test_the_mixture(self):
        for source in ("books", "web"):
            for name in ("documents", "tokens", "published_documents", "published_tokens"):
                def change(content):
                    content["mixture"][source][name] += 1
                with self.subTest(source + " " + name):
                    self.damaged(edit(change), "number of documents" if name.endswith("documents")
                                 else "manifest.json: mixture %s: %s is " % (source, name))

        def moved(content):
            for source, more in (("books", 1), ("web", -1)):
                content["mixture"][source]["published_documents"] += more
        self.damaged(edit(moved), "manifest.json: mixture books: published_documents is ")


class VerifyFiles(ForgedTokens, Manifests):
    """What is gone, and what verify says then: nothing untrue beside it."""

    def test_files_in_neither_the_record_nor_the_folder(self):
        for name in (self.path.replace(".h5", ".bin"), self.path.replace(".h5", ".idx"), documents_path(self.path)):
            def change(content):
                record = next(record for record in content["shards"] if record["path"] == self.path)
                record["files"] = [file for file in record["files"] if file["path"] != name]

            def damage(copy):
                edit(change)(copy)
                (copy / name).unlink()

            with self.subTest(name):
                self.damaged(damage, name)

    def test_a_shard_that_cannot_be_read_spoils_no_sums(self):
        def damage(copy):
            with h5py.File(copy / self.path, "r+") as shard:
                shard.attrs.modify("format_version", 9)
            binary = (copy / self.path).with_suffix(".bin")
            binary.unlink()
            binary.hardlink_to(copy / self.path)
            published.sign(copy, self.path)

        text = self.damaged(damage, self.path + ": format_version is 9, expected 1")
        for untrue in ("number of", "all sources"):
            self.assertNotIn(untrue, text)

    def test_a_document_that_no_shard_has(self):
        row = self.tokens[self.path][0]

        def damage(copy):
            shard = Shard(copy, self.path)
            shard.rows[0] = dict(shard.rows[1])
            shard.write()

        number, path = next((n, path) for path, (_, rows) in self.ledger.items() for n, other in enumerate(rows)
                            if other["key"] == row["key"] and other["fate"] == "kept")
        self.damaged(damage, "%s: row %d: this document is kept, but token_documents/ does not have it" % (path, number))


class VerifyTokenizer(InFolder):
    def verify(self, *options, directory="out", status=0):
        done = subprocess.run([BINARY, "verify", directory, *options], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_its_files_are_gone(self):
        small, moved = self.folder / "small.json", self.folder / "moved.json"
        texts = ["the word | and one", "中文 the\u0085", "", "do s 01x " * 40, "the word"]
        self.put("a.jsonl", b"".join(json.dumps({"id": str(n), "text": text}).encode() + b"\n" for n, text in enumerate(texts)))
        small.write_text(subprocess.run([sys.executable, "-c", "import json, tokens; print(json.dumps(tokens.small_file()))"],
                                        cwd=ORACLE, capture_output=True, text=True, check=True).stdout)
        write_job(self.folder, steps="\n  - tokenize: {tokenizer: small.json}")
        self.succeeds(run(self.folder, "--memory", "512MiB"))
        self.assertIn("with the tokens of its text", self.verify())

        shutil.copytree(self.folder / "out/current", self.folder / "forged")
        [path] = (self.folder / "out/current").rglob("tokens/*/*.h5")
        shard = Shard(self.folder / "forged", str(path.relative_to(self.folder / "out/current")))
        number, row = next((n, row) for n, row in enumerate(shard.rows) if len(row["ids"]) > 1)
        row["ids"][0] ^= 1
        shard.write()
        other = "%s: row %d: document %s of " % (shard.path, number, row["id"])
        self.assertIn(other, self.verify(directory="forged", status=1))

        small.rename(moved)
        self.assertIn(f"not checked: whether tokens are those of the texts: {small}: this file", self.verify())
        self.assertNotIn("with the tokens of its text", self.verify(directory="forged"))
        self.assertIn("with the tokens of its text", self.verify("--tokenizer", "moved.json"))
        self.assertIn(other, self.verify("--tokenizer", "moved.json", directory="forged", status=1))
        small.write_text(moved.read_text() + " ")
        self.assertIn("small.json: has other content", self.verify("--tokenizer", "small.json", status=4))
        self.assertIn("has no such file", self.verify("--vocabulary", "moved.json", status=2))

        record = json.loads((self.folder / "forged/manifest.json").read_text())  # without it documents and sums are looked at
        record["source_tokens"]["s"]["text_bytes"] += 1
        (self.folder / "forged/manifest.json").write_text(json.dumps(record))
        self.assertIn("manifest.json: source_tokens s: text_bytes is ", self.verify(directory="forged", status=1))
        row["key"] = "0:77"
        shard.write()
        self.assertIn("%s: row %d: key is 0:77, which is not that of a kept document %s" % (shard.path, number, row["id"]),
                      self.verify(directory="forged", status=1))


if __name__ == "__main__":
    unittest.main()

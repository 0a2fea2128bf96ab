"""verify of token shards (layout corpus): whose a range of tokens is, and what lies beside; all digests are right again."""

import hashlib
import json
import os
import shutil
import sys
import unittest
from pathlib import Path

import h5py
import published
from forged_tokens import ForgedTokens, Shard
from published import documents_path
from small_dataset import SmallDataset, edit

sys.path.append(str(Path(__file__).parents[2] / "oracle"))
from hashes import place  # noqa: E402

SEED = 7


class VerifyTokenProvenance(ForgedTokens):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.path = next(path for path in cls.tokens if len({row["source"] for row in cls.tokens[path]}) > 1)

    def swapped(self, column):
        def change(rows):
            other = next(row for row in rows if row[column] != rows[0][column])
            rows[0][column], other[column] = other[column], rows[0][column]
        return change

    def test_whose_a_range_is(self):
        for name, change in (
                ("keys of two documents", self.swapped("key")),
                ("the key of no document", lambda rows: rows[0].update(key="77:5")),
                ("sources of two documents", self.swapped("source")),
                ("a document twice, another not at all", lambda rows: rows.__setitem__(1, dict(rows[0]))),
                ("ids of two documents", self.swapped("ids")),
                ("tokens in another order", lambda rows: rows[0]["ids"].__setitem__(slice(0, 2), rows[0]["ids"][1::-1])),
                ("another token", lambda rows: rows[0]["ids"].__setitem__(3, 65)),
                ("a text without its beginning", lambda rows: rows[1]["ids"].__delitem__(slice(0, 5)))):
            with self.subTest(name):
                self.forged(change, self.path)

    def test_documents_of_two_splits_change_places(self):
        """Each where its place in the shuffle allows it, so that nothing but the split is wrong."""
        def to(split, epoch, row):
            return next(path for path in self.tokens if path.startswith("tokens/%s/%s" % (split, epoch)) and format(
                place(SEED, row["id"]), "064b").startswith(path.split("-")[1].removesuffix(".h5").replace("r", "")))

        def move(copy, path, row):
            shard = Shard(copy, path)
            shard.rows.remove(row)
            shard.write()
            split = "train" if "/validation/" in path else "validation"
            shard = Shard(copy, to(split, path.split("/")[2][:4], row))
            shard.rows.append(row)
            shard.rows.sort(key=lambda row: place(SEED, row["id"]))
            shard.write()
            return shard.path

        def swap(copy):
            self.seen = []
            for split in ("train", "validation"):
                path = next(path for path in self.tokens if path.startswith("tokens/%s/0001" % split))
                self.seen.append(move(copy, path, dict(self.tokens[path][0])))

        self.damaged(swap, "tokens/")

    def test_another_second_name(self):
        def damage(copy):
            binary = (copy / self.path).with_suffix(".bin")
            content = bytearray(binary.read_bytes())
            binary.unlink()
            content[-1] ^= 1
            binary.write_bytes(content)
            published.sign(copy, self.path)

        self.damaged(damage, self.path.replace(".h5", ".bin"))

    def test_attributes(self):
        def said(path, name, value):
            def damage(copy):
                with h5py.File(copy / path, "r+") as file:
                    file.attrs.modify(name, value)
                binary = (copy / self.path).with_suffix(".bin")
                binary.unlink()
                os.link(copy / self.path, binary)
                published.sign(copy, self.path)
            return damage

        for name, value in (("vocabulary_size", 300), ("tokenizer", b"gpt2"), ("format_version", 9), ("layout", b"corpse")):
            with self.subTest(name):
                self.damaged(said(self.path, name, value), self.path)
        for name, value in (("split", b"other"), ("format", b"foo")):
            with self.subTest("token_documents " + name):
                self.damaged(said(documents_path(self.path), name, value), documents_path(self.path))

        def digest(copy):
            with h5py.File(copy / documents_path(self.path), "r+") as file:
                published.state_digest(file, "0" * 64)
            content = json.loads((copy / "manifest.json").read_text())
            for record in content["shards"]:
                for file in record.get("files", []):
                    if file["path"] == documents_path(self.path):
                        file["sha256"] = hashlib.sha256((copy / file["path"]).read_bytes()).hexdigest()
            (copy / "manifest.json").write_text(json.dumps(content))

        self.damaged(digest, documents_path(self.path))

    def test_what_is_not_there(self):
        def without(ending):
            def change(content):
                for record in content["shards"]:
                    if record["path"] == self.path:
                        record["files"] = [file for file in record["files"] if not file["path"].endswith(ending)]
            return change

        def binary(copy):
            edit(without(".bin"))(copy)
            (copy / self.path).with_suffix(".bin").unlink()

        def splits(*names):
            def damage(copy):
                def change(content):
                    content["shards"] = [record for record in content["shards"]
                                         if not any(record["path"].startswith("tokens/" + name) for name in names)]
                    for name in names:
                        content["source_tokens"]["web"]["tokens"] -= content["tokens"].pop(name)
                        shutil.rmtree(copy / "tokens" / name)
                        shutil.rmtree(copy / "token_documents" / name)
                edit(change)(copy)
                published.sign(copy)
            return damage

        for name, damage, said in ((".bin", binary, self.path.replace(".h5", ".bin")),
                                   ("a split", splits("validation"), "tokens/validation"),
                                   ("all splits", splits("train", "validation"), "tokens/train")):
            with self.subTest(name):
                self.damaged(damage, said)

    def test_the_manifest(self):
        def moved(content):
            content["source_tokens"]["web"]["tokens"] += 1
            content["source_tokens"]["books"]["tokens"] -= 1

        mixture = {"documents": 1, "tokens": 1, "published_documents": 1, "published_tokens": 1}
        for name, change in (("source_tokens", moved),
                             ("text_bytes", lambda content: content["source_tokens"]["web"].update(text_bytes=1)),
                             ("no such split", lambda content: content["tokens"].update(none=1)),
                             ("mixture", lambda content: content.update(mixture={"other": mixture}))):
            with self.subTest(name):
                self.damaged(edit(change), "manifest.json")


class VerifyPieceProvenance(SmallDataset):
    job = ForgedTokens.job.replace("{shard_size: 12KiB}", "{layout: sample, max_sequence_length: 512, packing: greedy, "
                                   "shard_size: 12KiB}")

    def test_whose_a_piece_is(self):
        path = next(str(path.relative_to(self.snapshot)) for path in sorted((self.snapshot / "tokens/train").glob("*.h5")))
        key = published.read(self.snapshot / documents_path(path))[1][0]["key"]
        for column, value in (("source", "foo"), ("key", ("7" if key[0] != "7" else "8") + key[1:])):
            def damage(copy):
                with h5py.File(copy / documents_path(path), "r+") as documents:
                    published.set_text(documents, column, 0, value)
                published.sign(copy, path)

            with self.subTest(column):
                self.damaged(damage, path)


if __name__ == "__main__":
    unittest.main()

"""verify of token shards (layout corpus): every lie is found and its file named, though all digests are right again."""

import shutil
import sys
import unittest
from pathlib import Path

import numpy
import published
from forged_tokens import ForgedTokens, Shard
from small_dataset import edit

sys.path.append(str(Path(__file__).parents[2] / "oracle"))
from hashes import place  # noqa: E402

SEED, END = 7, 256


class VerifyTokens(ForgedTokens):
    def test_the_forger_alone_breaks_nothing(self):
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.snapshot, copy)
        for path in self.tokens:
            Shard(copy, path).write()
        self.assertGreater(len(self.tokens), 4)
        self.call("verify", copy)
        for path, rows in self.tokens.items():
            self.assertEqual(Shard(copy, path).rows, rows)

    def test_ids(self):
        number, row = 1, self.tokens[self.path][1]
        place = "%s: document 1 (%s) " % (self.path, row["id"])

        def replace(at, ids):
            return lambda rows: rows[number]["ids"].__setitem__(at, ids)

        for token in (257, 65535):
            self.forged(replace(slice(2, 3), [token]), place + "has the id %d, expected less than 257" % token)
        self.forged(replace(slice(-1, None), [65]), place + "ends with token 65, expected the end token 256")
        self.forged(replace(slice(-1, None), []), place + "ends with token %d, expected the end token 256" % row["ids"][-2])
        for at in (0, 7, len(row["ids"])):  # in front, within, and once more at the end
            self.forged(replace(slice(at, at), [END]), "%s: row 1: has the end token 2 times, expected once" % self.path)


    def test_the_index(self):
        index, n = self.path.replace(".h5", ".idx"), len(self.tokens[self.path])

        def other(at, change):
            def damage(copy):
                content = bytearray((copy / index).read_bytes())
                change(content, at)
                (copy / index).write_bytes(content)
                published.sign(copy, self.path)
            return damage

        def flip(content, at):
            content[at] ^= 1

        pointers, boundaries = 34 + 4 * n, 34 + 12 * n
        for at, what in ((17, "at byte 0 the header of document 0"), (26, "at byte 0 the header of document 0"),
                         (34, "at byte 34 the length of document 0"),
                         (pointers, "at byte %d the pointer of document 0" % pointers),
                         (boundaries - 8, "at byte %d the pointer of document %d" % (boundaries - 8, n - 1)),
                         (boundaries + 8 * n, "at byte %d the boundary of document %d" % (boundaries + 8 * n, n))):
            self.damaged(other(at, flip), "%s: %s is not what the shard says" % (index, what))
        self.damaged(other(0, lambda content, _: content.append(0)), "%s: has %d bytes, expected" % (index, 43 + 20 * n))

        def elsewhere(copy):  # each by as much, as if `data` had moved
            content = bytearray((copy / index).read_bytes())
            content[pointers:boundaries] = (numpy.frombuffer(content[pointers:boundaries], "<i8") - 2).tobytes()
            (copy / index).write_bytes(content)
            published.sign(copy, self.path)

        self.damaged(elsewhere, "%s: at byte %d the pointer of document 0" % (index, pointers))

    def test_ranges_of_documents(self):
        rows = self.tokens[self.path]
        first, second = (len(row["ids"]) for row in rows[:2])

        def numbers(**changed):
            def change(_, documents):
                for name, values in changed.items():
                    documents["columns"][name][:len(values)] = values
            return change

        document = "%s: document %%d (%%s) " % self.path
        self.edited(numbers(tokens=[first - 1, second + 1], begin=[0, first - 1]),
                    document % (0, rows[0]["id"]) + "ends with token %d, expected" % rows[0]["ids"][-2])
        self.edited(numbers(begin=[0, first + 1]),
                    document % (1, rows[1]["id"]) + "begins at token %d, expected %d" % (first + 1, first))
        self.edited(numbers(tokens=[first + second]), self.path.replace(".h5", ".idx") + ": at byte 34 the length of document 0")
        self.edited(numbers(begin=[first, 0], tokens=[second, first]),
                    document % (0, rows[0]["id"]) + "begins at token %d, expected 0" % first)
        self.edited(numbers(tokens=[10**6]), "%s: document 0 has tokens 0 to 1000000 of " % self.path)
        self.edited(numbers(tokens=[0]), "%s: document 0 has tokens 0 to 0 of " % self.path)

        n = sum(len(row["ids"]) for row in rows)
        for name, right in (("n_tokens", n), ("n_documents", len(rows))):
            self.edited(lambda shard, _: shard.attrs.modify(name, 5), "%s: %s is 5, expected %d" % (self.path, name, right))
        self.edited(lambda shard, _: shard.attrs.modify("eos_id", 65),
                    document % (0, rows[0]["id"]) + "ends with token 256, expected")
        self.edited(lambda shard, _: shard.attrs.modify("split", b"other"), "%s: split is other" % self.path)

    def test_documents(self):
        rows, split = self.tokens[self.path], self.path.split("/")[1]
        there = self.manifest["splits"][split]
        count = "tokens/%s: number of documents is %%d, expected %d" % (split, there)
        self.forged(lambda rows: rows.pop(1), count % (there - 1))
        self.forged(lambda rows: rows.insert(1, dict(rows[0])), count % (there + 1))
        self.forged(lambda rows: rows[1].update(copy=1), "%s: row " % self.path)
        self.forged(lambda rows: rows[0].update(key="none"), "%s: row 0: 'none' is no key" % self.path)
        self.forged(lambda rows: rows.__setitem__(slice(0, 2), rows[1::-1]),
                    "%s: row 1: id %s is out of order, expected before %s" % (self.path, rows[0]["id"], rows[1]["id"]))
        beyond = next(row for path, found in self.tokens.items() if path != self.path for row in found)
        self.forged(lambda rows: rows.append(dict(beyond)), "%s: row %d: id %s belongs in another shard"
                    % (self.path, len(rows), beyond["id"]))

    def test_a_document_in_another_split(self):
        """Where its place in the shuffle allows it, so that nothing but its split is wrong."""
        def fits(path, row):
            prefix = path.split("-")[1].removesuffix(".h5").replace("r", "")
            return format(place(SEED, row["id"]), "064b").startswith(prefix)

        number, to = next((number, path) for path in self.tokens if path.split("/")[1] != self.path.split("/")[1]
                          and path.split("/")[2][:4] == self.path.split("/")[2][:4]
                          for number, row in enumerate(self.tokens[self.path]) if fits(path, row))

        def move(copy):
            shards = Shard(copy, self.path), Shard(copy, to)
            shards[1].rows.append(shards[0].rows.pop(number))
            shards[1].rows.sort(key=lambda row: place(SEED, row["id"]))
            for shard in shards:
                shard.write()

        said = []
        for path, more in ((self.path, -1), (to, 1)):
            there = self.manifest["splits"][path.split("/")[1]]
            said.append("tokens/%s: number of documents is %d, expected %d" % (path.split("/")[1], there + more, there))
        self.damaged(move, *said)

    def test_sums_of_the_manifest(self):
        def record(manifest):
            return next(record for record in manifest["shards"] if record["path"] == self.path)

        n = len(self.tokens[self.path])
        self.damaged(edit(lambda m: record(m).update(documents=n + 1)),
                     "%s: n_documents is %d, expected %d" % (self.path, n, n + 1))
        self.damaged(edit(lambda m: record(m).update(split="other")), "%s: split is " % self.path)
        self.damaged(edit(lambda m: m["tokens"].update(train=1)), "tokens/train: number of tokens is ")
        self.damaged(edit(lambda m: m["source_tokens"]["web"].update(tokens=1)), "manifest.json: tokens of all sources is ")
        for ending in (".bin", ".idx"):
            path = self.path.replace(".h5", ending)
            self.damaged(edit(lambda m: record(m).update(files=[f for f in record(m)["files"] if f["path"] != path])),
                         path + ": the manifest does not know this file")


if __name__ == "__main__":
    unittest.main()

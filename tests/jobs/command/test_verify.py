"""verify: every damage is found, and its place is named. Digests are made right again where a check
behind them is meant."""

import hashlib
import json
import os
import shutil
import unittest
from pathlib import Path

import h5py
import published
from small_dataset import SmallDataset, edit, run


class Verify(SmallDataset):
    def test_export_tells_a_damaged_shard(self):
        path = sorted(self.texts)[1]

        def flip(copy):
            content = bytearray((copy / path).read_bytes())
            at = content.index(b"w", len(content) // 2)
            content[at:at + 2] = b"xx"
            (copy / path).write_bytes(content)

        def no_file(copy):
            (copy / path).unlink()

        for damage, what in ((flip, "sha256 is"), (no_file, "the file is missing")):
            with self.subTest(what):
                self.damaged(damage, path)
                to = self.folder / "exported"
                done = run("export", self.folder / "copy", "--to", to)
                self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
                self.assertIn(f"copy/{path}: {what}", done.stderr)
                self.assertFalse(to.exists())

    def damaged(self, damage, *expected):
        text = super().damaged(damage, *expected)
        seen = json.loads(self.call("verify", self.folder / "copy", "--json", status=1))
        self.assertFalse(seen["ok"])
        self.assertEqual(len(seen["problems"]), min(seen["problem_count"], 20))
        return text

    def forged(self, path, change, *expected):
        """`change(shard)`, with every digest made right again: only what it says is wrong."""
        def damage(copy):
            with h5py.File(copy / path, "r+") as shard:
                change(shard)
            published.sign(copy, path)

        return self.damaged(damage, *(expected or [path]))

    def ledger_row(self, wanted):
        for path, (_, rows) in self.ledger.items():
            for number, row in enumerate(rows):
                if wanted(row):
                    return path, number, row
        raise AssertionError("no such row")

    def test_good(self):
        for directory in (self.dataset, str(self.dataset) + "@1", self.snapshot):
            self.assertIn("all is well", self.call("verify", directory))
        self.assertTrue(json.loads(self.call("verify", self.dataset, "--json"))["ok"])
        self.call("verify", self.dataset, "--evidence", status=2)
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.snapshot, copy)
        for path in [*self.texts, *self.ledger, *self.clusters]:
            published.sign(copy, path)  # the forger's tools by themselves break nothing
        self.call("verify", copy)

    def test_files(self):
        for path in (next(iter(self.texts)), next(iter(self.ledger)), next(iter(self.clusters))):
            def flip(copy):
                raw = bytearray((copy / path).read_bytes())
                raw[len(raw) // 2] ^= 1
                (copy / path).write_bytes(raw)

            self.damaged(flip, path + ": sha256 is ")
            self.damaged(lambda copy: os.truncate(copy / path, 100), path + ": size in bytes is 100")
            self.damaged(lambda copy: (copy / path).unlink(), path + ": the file is missing")
            stray = str(Path(path).parent / "stray.h5")
            self.damaged(lambda copy: (copy / stray).touch(), stray)
        self.damaged(lambda copy: (copy / "_SUCCESS").unlink(), "_SUCCESS")
        self.damaged(lambda copy: (copy / "quarantine.jsonl").write_text(""), "quarantine.jsonl")

    def test_manifest(self):
        for name in ("documents_in", "documents_kept", "duplicate_ids"):
            right = self.manifest[name]
            self.damaged(edit(lambda m: m.update({name: right + 1})),
                         "manifest.json: %s is %d, expected %d" % (name, right + 1, right))
        self.damaged(edit(lambda m: m["dropped"]["filter"].update(min_words=5)), "manifest.json: ",
                     "filter: min_words")
        self.damaged(edit(lambda m: m["splits"].update(train=1)), "manifest.json: ", "split train")
        self.damaged(edit(lambda m: m.update(logical_digest="0" * 64)), "0" * 64)
        first = self.manifest["shards"][0]["path"]
        self.damaged(edit(lambda m: m["shards"][0].update(documents=1)), first, "expected 1")
        self.damaged(edit(lambda m: m["shards"][0].update(sha256="0" * 64)), first)
        self.damaged(edit(lambda m: m["shards"].pop(0)), first)
        self.damaged(edit(lambda m: m.update(job=m["job"].replace("seed: 7", "seed: 8"))),
                     "is out of order")
        self.damaged(edit(lambda m: m.update(job="nonsense")), "manifest.json: ")
        self.damaged(lambda copy: (copy / "manifest.json").write_text("{"), "manifest.json")

    def test_texts(self):
        path, rows = next((p, rows) for p, (_, rows) in self.texts.items() if len(rows) > 1)
        with h5py.File(self.snapshot / path) as shard:
            columns = shard["columns"]
            length = int(columns["text"]["offsets"][1])

        def write_over(shard):
            published.set_text(shard, "text", 0, "x" * length)

        self.damaged(lambda copy: self.rewrite(copy, path, write_over), path, "logical digest")

        def shift(shard):
            offsets = shard["columns/text/offsets"]
            offsets[1] = offsets[2] + 1

        self.damaged(lambda copy: self.rewrite(copy, path, shift), path, "offsets")
        self.forged(path, lambda shard: published.set_text(shard, "source", 0, "foo"),
                    path + ": row 0: the ledger keeps no document " + rows[0]["id"])
        # Another id of the same length that hashes elsewhere.
        other = "Q" * len(rows[0]["id"].encode())
        self.forged(path, lambda shard: published.set_text(shard, "id", 0, other), path)

    def rewrite(self, copy, path, change):
        """A change that only the digest of the file does not tell."""
        with h5py.File(copy / path, "r+") as shard:
            change(shard)
        manifest = json.loads((copy / "manifest.json").read_text())
        record = next(r for r in manifest["shards"] if r["path"] == path)
        record["sha256"] = hashlib.sha256((copy / path).read_bytes()).hexdigest()
        (copy / "manifest.json").write_text(json.dumps(manifest))

    def test_order(self):
        """Two rows of a root shard change places."""
        path, rows = next((p, rows) for p, (_, rows) in self.clusters.items() if len(rows) > 2)

        def swap(shard):
            for column in shard["columns"]:
                thing = shard["columns"][column]
                if isinstance(thing, h5py.Dataset):
                    thing[0:2] = thing[0:2][::-1]
                    continue
                ends, data = thing["offsets"][:3], thing["bytes"][: thing["offsets"][2]]
                a, b = data[: ends[1]], data[ends[1] :]
                thing["bytes"][: ends[2]] = list(b) + list(a)
                thing["offsets"][1] = len(b)

        self.forged(path, swap, path + ": row 1: id " + rows[0]["id"] + " is out of order")

    def test_places(self):
        path = max(self.texts, key=lambda p: len(self.texts[p][1]))
        narrower = path.replace(".h5", "0.h5")  # holds half of the places, by its name

        def damage(copy):
            (copy / path).rename(copy / narrower)
            manifest = (copy / "manifest.json").read_text()
            (copy / "manifest.json").write_text(manifest.replace(path, narrower))
            published.sign(copy)

        self.damaged(damage, narrower + ": row ", "belongs in another shard")

        def again(copy):  # a second shard for the same places
            shutil.copy(copy / path, copy / narrower)
            manifest = json.loads((copy / "manifest.json").read_text())
            record = next(r for r in manifest["shards"] if r["path"] == path)
            manifest["shards"].append(dict(record, path=narrower))
            (copy / "manifest.json").write_text(json.dumps(manifest))
            published.sign(copy)

        self.damaged(again, narrower + ": covers places of " + path)

    def test_witnesses(self):
        near = lambda row: row["step"] == "dedup.minhash"
        path, number, row = self.ledger_row(near)
        place = "%s: row %d: " % (path, number)
        dropped = [r for r in self.rows(self.ledger) if r["fate"] == "dropped" and "cluster" in r]
        bad = next(r for r in dropped if len(r["key"]) == len(row["witness_key"]) and
                   len(r["id"]) == len(row["witness"]))
        nobody = row["witness_key"][:-1] + str((int(row["witness_key"][-1]) + 1) % 10)

        def accuse(id_, key):
            def change(shard):
                published.set_text(shard, "witness", number, id_)
                published.set_text(shard, "witness_key", number, key)
            return change

        self.forged(path, accuse(bad["id"], bad["key"]), place, bad["key"], "was dropped itself")
        self.forged(path, accuse(row["witness"], nobody), place, "is no document")
        self.forged(path, accuse("?" * len(row["witness"]), row["witness_key"]), place, "another id")
        score = int(row["score_den"] * 0.69)
        self.forged(path, lambda s: published.set_number(s, "score_num", number, score),
                    place + "score is %d/%d, expected 0.7 to 1" % (score, row["score_den"]))

    def test_ledger_rows(self):
        path, number, row = self.ledger_row(lambda r: r["step"] == "filter")
        place = "%s: row %d: " % (path, number)
        self.forged(path, lambda s: published.set_text(s, "fate", number, "dragged"),
                    place + "fate is `dragged`")
        self.forged(path, lambda s: published.set_text(s, "step", number, "filler"),
                    place + "step is `filler`")
        self.forged(path, lambda s: published.set_text(s, "reason", number, "min_birds"),
                    "manifest.json: dropped by filter: min_birds is 0, expected 1")
        self.forged(path, lambda s: published.set_text(s, "fate", number, "changed"),
                    place + "expected after the kept or dropped row")
        other = next(r for r in self.rows(self.ledger)
                     if len(r["key"]) == len(row["key"]) and r["key"] != row["key"])
        self.forged(path, lambda s: published.set_text(s, "key", number, other["key"]),
                    "has two kept or dropped rows")

    def test_ledger_clusters(self):
        known = {row["cluster"] for row in self.rows(self.clusters)}
        alone = lambda row: row.get("cluster") == row["key"] and row["key"] not in known
        path, number, row = self.ledger_row(alone)
        place = "%s: row %d: " % (path, number)
        nobody = row["key"][:-1] + str((int(row["key"][-1]) + 1) % 10)
        self.forged(path, lambda s: published.set_text(s, "cluster", number, nobody),
                    place + "cluster is `%s`, which clusters/ does not have" % nobody)
        joined = next(key for key in known if len(key) == len(row["key"]))
        self.forged(path, lambda s: published.set_text(s, "cluster", number, joined), "cluster %s: size is " % joined)
        path, number, row = self.ledger_row(lambda row: row.get("reason") == "excluded")
        self.forged(path, lambda s: published.set_number(s, "cluster/valid", number, 1),
                    "%s: row %d: an excluded document has a cluster" % (path, number))
        other = next(n for n, r in enumerate(self.ledger[path][1]) if alone(r))
        self.forged(path, lambda s: published.take_text(s, "cluster", other), "%s: row %d: has no cluster" % (path, other))

    def test_clusters(self):
        path, rows = next((p, rows) for p, (_, rows) in self.clusters.items() if rows)
        place = "%s: row 0: cluster %s: " % (path, rows[0]["cluster"])
        for column in ("size", "kept"):
            right = rows[0][column]
            self.forged(path, lambda s: published.set_number(s, column, 0, right + 1),
                        place + "%s is %d, expected %d" % (column, right + 1, right))
        wrong = rows[0]["sources"].replace("web", "wob").replace("books", "baaks")
        self.forged(path, lambda s: published.set_text(s, "sources", 0, wrong), place, wrong)


if __name__ == "__main__":
    unittest.main()

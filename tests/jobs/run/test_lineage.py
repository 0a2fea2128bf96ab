"""split: {group_by}: what shares an author, a thread, or a chain of both lies in one split."""

import json
import random
import subprocess
import unittest
from collections import Counter, defaultdict

import h5py
from program import BINARY, ENVIRONMENT, InFolder, digests, manifest, run, write_job
from tests.jobs.command import published

SPLIT = "\n  - split: {train: 0.5, test: 0.5, group_by: %s}\n"


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def words(choose, n=30):
    return " ".join("w%d" % choose.randrange(9000) for _ in range(n))


class Lineage(InFolder):
    def documents(self):
        done = subprocess.run([BINARY, "export", "out", "--to", "-"], cwd=self.folder,
                              env=ENVIRONMENT, capture_output=True, text=True)
        return {row["id"]: row for row in map(json.loads, self.succeeds(done).stdout.splitlines())}

    def splits(self):
        return {id_: row["split"] for id_, row in self.documents().items()}

    def called(self, *arguments):
        return subprocess.run([BINARY, *arguments], cwd=self.folder, env=ENVIRONMENT,
                              capture_output=True, text=True)

    def verified(self):
        return self.succeeds(self.called("verify", "out")).stdout

    def found(self, *parts):
        done = self.called("verify", "out")
        self.assertEqual(done.returncode, 1, done.stdout)
        for part in parts:
            self.assertIn(part, done.stdout)

    def corpus(self, n=400, seed=3):
        choose = random.Random(seed)
        rows = []
        for i in range(n):
            row = {"id": "d%d" % i, "text": words(choose), "author": "a%d" % choose.randrange(150),
                   "thread": choose.randrange(150)}
            if choose.random() < 0.2:
                del row["author"]
            if choose.random() < 0.2:
                row["thread"] = choose.choice([None, ""])
            if i > 5 and choose.random() < 0.1:
                row["text"] = rows[choose.randrange(i)]["text"]
            rows.append(row)
        return rows

    def test_no_value_straddles(self):
        """The same bytes for any ranks, spilled or not; groups are those of a plain union-find."""
        rows = self.corpus()
        for part in range(4):
            self.put("%d.jsonl" % part, lines(rows[part::4]))
        write_job(self.folder, steps="\n  - filter: {where: 'id != \"d7\"'}\n  - dedup.exact: {}" +
                  SPLIT % "[author, thread]")
        first = None
        for ranks, environment in ((1, {}), (2, {}), (3, {"SHARDMILL_FORCE_SPILL": "1"}), (5, {})):
            self.succeeds(run(self.folder, "--fresh", "--memory", "256MiB", ranks=ranks,
                              environment=environment))
            first = first or digests(self.folder)
            self.assertEqual(digests(self.folder), first, ranks)
        self.assertIn("values of author, thread", self.verified())

        parent = list(range(len(rows)))

        def find(i):
            while parent[i] != i:
                i = parent[i]
            return i

        by_value = defaultdict(list)
        for i, row in enumerate(rows):
            for column in ("text", "author", "thread"):
                if row.get(column) not in (None, ""):
                    by_value[column, row[column]].append(i)
        for members in by_value.values():
            for member in members:
                parent[find(member)] = find(members[0])
        sizes, kept, splits = Counter(map(find, range(len(rows)))), Counter(), defaultdict(set)
        for id_, row in self.documents().items():
            root = find(int(id_[1:]))
            splits[root].add(row["split"])
            kept[root] += sizes[root] > 1
        self.assertEqual({len(found) for found in splits.values()}, {1})
        self.assertEqual(set().union(*splits.values()), {"train", "test"})
        self.assertEqual(manifest(self.folder)["lineage"], {
            "groups": sum(n > 1 for n in sizes.values()),
            "documents": sum(n for n in sizes.values() if n > 1), "largest_kept": max(kept.values())})

    def test_dropped_documents_tie_and_excluded_ones_do_not(self):
        """A chain of 40 documents over two columns; every other one is dropped."""
        rows = [{"id": "%d" % i, "text": "x" * (5 if i % 2 else 20), "author": "a%d" % (i // 2),
                 "thread": "t%d" % ((i + 1) // 2)} for i in range(40)]
        self.put("in.jsonl", lines(rows))
        job = "\n  - filter: {min_characters: 10}" + SPLIT % "[author, thread]"
        write_job(self.folder, steps=job)
        self.succeeds(run(self.folder, ranks=2))
        self.assertEqual(len(set(self.splits().values())), 1)
        self.verified()
        (self.folder / "gone.txt").write_text("".join("%d\n" % i for i in range(1, 40, 2)))
        write_job(self.folder, steps="\n  - exclude: {ids: gone.txt}" + job)
        self.succeeds(run(self.folder, ranks=2))
        self.assertEqual(len(set(self.splits().values())), 2)
        self.assertEqual(manifest(self.folder)["lineage"]["groups"], 0)
        self.verified()
        # Of a group of its own nothing is told.
        [document] = json.loads(self.succeeds(self.called("explain", "out", "0", "--json")).stdout)["documents"]
        self.assertEqual((document["cluster"], document["group"]), (None, None))
        self.assertNotRegex(self.succeeds(self.called("explain", "out", "0")).stdout, "group|cluster")

    def test_values_as_they_are_published(self):
        """A column that is int64 in one night, float64 and JSON in others, ties the same."""
        choose = random.Random(5)
        for night, make in enumerate((int, float, str, lambda n: n + 0.5)):
            rows = [{"id": "%d-%d" % (night, i), "text": words(choose), "n": make(i)} for i in range(30)]
            if night == 2:
                rows.append({"id": "list", "text": words(choose), "n": [1]})
            if night == 3:
                rows.append({"id": "large", "text": words(choose), "n": 2**60 + 1})
            self.put("%d.jsonl" % night, lines(rows))
            write_job(self.folder, steps=SPLIT % "n")
            self.succeeds(run(self.folder, ranks=1 + night % 2))
            told = self.verified()
        splits = self.splits()
        for i in range(30):
            self.assertEqual(len({splits["%d-%d" % (night, i)] for night in range(3)}), 1, i)
        self.assertNotEqual([splits["0-%d" % i] for i in range(30)], [splits["3-%d" % i] for i in range(30)])
        self.assertIn("not checked: 1 numbers beyond 2^53", told)

    def test_a_night_that_merges_two_groups(self):
        """The younger group moves to where the oldest document's group lies."""
        choose = random.Random(8)
        rows = [{"id": "%s%d" % (author, i), "text": words(choose), "author": author, "thread": author + str(i)}
                for author in "abcdefgh" for i in range(3)]
        self.put("0.jsonl", lines(rows))
        write_job(self.folder, steps=SPLIT % "[author, thread]")
        self.succeeds(run(self.folder))
        before = self.splits()
        old = "a"
        young = next(author for author in "bcdefgh" if before[author + "0"] != before["a0"])
        self.put("1.jsonl", lines([{"id": "link", "text": words(choose), "author": old, "thread": young + "2"}]))
        self.succeeds(run(self.folder, ranks=2))
        after = self.splits()
        moved = {id_ for id_ in before if before[id_] != after[id_]}
        self.assertEqual(moved, {young + str(i) for i in range(3)})
        self.assertEqual(after["link"], before["a0"])
        self.verified()
        told = self.succeeds(self.called("explain", "out", young + "1")).stdout
        self.assertIn("a group of 7 by lineage, 7 kept; its first is a0 (0:0)", told)
        [document] = json.loads(self.succeeds(self.called("explain", "out", young + "1", "--json")).stdout)["documents"]
        self.assertEqual(document["group"], {"key": "0:0", "id": "a0", "size": 7, "kept": 7})
        self.assertEqual(document["split"], before["a0"])

    def test_what_is_looked_at_again(self):
        """Another column is another sketch; other shares are not."""
        self.put("in.jsonl", lines(self.corpus(50)))

        def sketches(settings):
            write_job(self.folder, steps=f"\n  - split: {settings}\n")
            self.succeeds(run(self.folder))
            return len(list((self.folder / "out/store/sketches").iterdir()))

        self.assertEqual(sketches("{train: 0.5, test: 0.5, group_by: author}"), 1)
        self.assertEqual(sketches("{train: 0.9, test: 0.1, group_by: author}"), 1)
        self.assertEqual(sketches("{train: 0.9, test: 0.1, group_by: thread}"), 2)
        self.assertEqual(sketches("{train: 0.9, test: 0.1, group_by: [thread, author]}"), 3)

    def test_a_group_of_half_the_documents(self):
        choose = random.Random(2)
        rows = [{"id": "%d" % i, "text": words(choose), "author": "a%d" % (i if i % 2 else 0)} for i in range(2000)]
        for part in range(5):
            self.put("%d.jsonl" % part, lines(rows[part::5]))
        write_job(self.folder, steps=SPLIT % "author")
        done = self.succeeds(run(self.folder, ranks=3, environment={"SHARDMILL_FORCE_SPILL": "1"}))
        self.assertEqual(manifest(self.folder)["lineage"], {"groups": 1, "documents": 1000, "largest_kept": 1000})
        self.assertIn("largest group by lineage has 50", " ".join((done.stdout + done.stderr).split()))
        log = "".join(path.read_text() for path in (self.folder / "out/log").rglob("*") if path.is_file())
        self.assertIn("largest group by lineage has 50", log)
        self.assertIn("largest group by lineage has 50", (self.folder / "out/current/report.html").read_text())
        self.assertEqual(len({split for id_, split in self.splits().items() if int(id_) % 2 == 0}), 1)

    def test_a_value_that_straddles_is_found(self):
        """A split that ignored the author, under a job that does not."""
        self.put("in.jsonl", lines(self.corpus(60)))
        write_job(self.folder, steps="\n  - dedup.exact: {}\n  - split: {train: 0.5, test: 0.5, by: document}\n")
        self.succeeds(run(self.folder))
        # What the manifest says of the job decides what verify demands.
        path = self.folder / "out/current/manifest.json"
        content = json.loads(path.read_text())
        content["job"] = content["job"].replace("by: document", "group_by: author")
        path.write_text(json.dumps(content))
        self.found("`author` is a", "in document d", "of train and in document d", "of test (text/test/0001-r.h5: row",
                   "lacks the column group")

    def test_forged_shards_are_found(self):
        """A text's author, and the group of a dropped copy, become another's, digests and all."""
        self.put("in.jsonl", lines(self.corpus(60)))
        write_job(self.folder, steps="\n  - dedup.exact: {}" + SPLIT % "author")
        self.succeeds(run(self.folder))
        snapshot = (self.folder / "out/current").resolve()
        path, elsewhere = "text/test/0001-r.h5", "text/train/0001-r.h5"
        rows, others = published.read(snapshot / path)[1], published.read(snapshot / elsewhere)[1]
        number, other = next((n, o) for n, row in enumerate(rows) for o in others if "author" in row
                             and "author" in o and len(o["author"]) == len(row["author"]))
        author = rows[number]["author"]

        def forge(path, column, number, value):
            with h5py.File(snapshot / path, "r+") as shard:
                published.set_text(shard, column, number, value)
            published.sign(snapshot, path)

        forge(path, "author", number, other["author"])
        self.found("`author` is %s in document " % other["author"], " of train and in document ",
                   "document %s of test (%s: row %d)" % (rows[number]["id"], path, number))
        forge(path, "author", number, author)
        self.verified()
        path = "ledger/0001-r.h5"
        rows = published.read(snapshot / path)[1]
        number, row = next((n, r) for n, r in enumerate(rows) if "witness" in r and any(
            "group" in o and o["group"] != r["group"] and len(o["group"]) == len(r["group"]) for o in rows))
        group = next(o["group"] for o in rows if "group" in o and o["group"] != row["group"] and
                     len(o["group"]) == len(row["group"]))
        forge(path, "group", number, group)
        self.found("%s: row %d: its witness %s does not belong to the same group" % (path, number, row["witness_key"]),
                   "cluster %s is in the groups" % row["cluster"])

    def test_clusters_that_straddle(self):
        """`by: document` may part near-duplicates: verify says how many and names one."""
        choose = random.Random(4)
        rows = []
        for family in range(30):  # a chain: the ends are not alike, and the middle goes
            text = words(choose, 60).split()
            for step in range(5):
                text[step * 4:step * 4 + 4] = words(choose, 4).split()
                rows.append({"id": "%d-%d" % (family, step), "text": " ".join(text)})
        self.put("in.jsonl", lines(rows))
        steps = "\n  - dedup.minhash: {preset: lee2021, threshold: 0.7, shingle: 1}\n  - split: {train: 0.5, test: 0.5%s}\n"
        write_job(self.folder, steps=steps % "")
        self.succeeds(run(self.folder))
        self.assertRegex(self.verified(), r"\n[1-9]\d* clusters that keep several documents: each in one split\n")
        write_job(self.folder, steps=steps % ", by: document")
        self.succeeds(run(self.folder))
        self.assertRegex(self.verified(), r"by: document: [1-9]\d* of \d+ clusters that keep several documents straddle "
                                          r"splits; cluster \d+:\d+ straddles splits: document \d+-\d of "
                                          r"(train|test) and in document \d+-\d of (train|test) \(text/")
        # The same shards under a job that would have kept clusters together.
        path = self.folder / "out/current/manifest.json"
        content = json.loads(path.read_text())
        content["job"] = content["job"].replace(", by: document", "")
        path.write_text(json.dumps(content))
        self.found("straddles splits: document ")

    def test_what_is_refused(self):
        self.put("in.jsonl", lines(self.corpus(20)))
        (self.folder / "t.jsonl").write_bytes(lines([{"author": "a1", "site": "s"}]))
        join = "  - join: {with: t.jsonl, on: author, columns: site}\n"
        for steps, code, part in (
                ("  - split: {train: 1, group_by: athor}\n", 4,
                 "split: no document has the column `athor`; did you mean `author`?"),
                ("  - split: {train: 1, group_by: text}\n", 2, "equal texts are tied by dedup.exact"),
                ("  - split: {train: 1, group_by: [author, author]}\n", 2, "`author` is repeated"),
                ("  - split: {train: 1, group_by: author, by: document}\n", 2, "by: document keeps nothing together"),
                (join + "  - split: {train: 1, group_by: site}\n", 2, "reads the column `site`, which join"),
                ("  - split: {train: 1, group_by: site}\n" + join, 2, "reads the column `site`, which join")):
            with self.subTest(steps):
                write_job(self.folder, steps="\n" + steps)
                self.refused(run(self.folder, ranks=1), code, part)


if __name__ == "__main__":
    unittest.main()

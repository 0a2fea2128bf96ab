"""What dedup.semantic promises, on vectors of many dimensions, against brute force in numpy; and what
it says of bad input."""

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).parents[2] / "oracle"))
from hashes import mix64, seed_for

from tests.built_with import lacks
from tests.jobs.run.program import BINARY, ENVIRONMENT, InFolder, digests, manifest, run, write_job
from tests.oracle.published import read_table

LACKS = lacks("dedup.semantic")
LONG = os.environ.get("SHARDMILL_LONG") == "1"
DOCUMENTS, DIMENSIONS, TOPICS = (20000, 64, 200) if LONG else (3000, 64, 60)


def vectors():
    """Families of a few documents on topics: pairs of all cosines from 0.7 to 1."""
    random = numpy.random.default_rng(5)
    topics = random.normal(size=(TOPICS, DIMENSIONS))
    families = 0.5 * topics[random.integers(TOPICS, size=DOCUMENTS // 3)] + random.normal(
        size=(DOCUMENTS // 3, DIMENSIONS))
    own = families[random.integers(len(families), size=DOCUMENTS)]
    return (own + random.uniform(0, 0.5, (DOCUMENTS, 1)) * random.normal(size=own.shape)).astype(numpy.float32)


class Semantic(InFolder):
    def setUp(self):
        if LACKS:
            self.skipTest("the build lacks " + LACKS)
        super().setUp()

    def documents(self, values, name="a.jsonl"):
        self.put(name, "".join(json.dumps({"id": str(i), "text": "x" * (i * i % 1000), **({} if v is None else {"v": v})}) + "\n"
                               for i, v in enumerate(values)).encode())

    def steps(self, settings, others=""):
        write_job(self.folder, steps="\n  - dedup.semantic: {column: v%s}\n%s" % (settings, others), source=", max_record: 1MiB")

    def recall(self):
        [path] = (self.folder / "out/current/tables/semantic_recall").glob("*.h5")
        [row] = read_table(path)[1]
        return {name: row[name] for name in ("documents", "found", "of", "probes")}

    def ledger(self):
        rows = [row for path in sorted((self.folder / "out/current/ledger").glob("*.h5"))
                for row in read_table(path)[1]]
        return {int(row["id"]): row for row in rows}

    def test_every_drop_is_that_of_brute_force(self):
        given = vectors()
        self.documents([v.tolist() for v in given])
        unit = given.astype(float)
        unit = (unit / numpy.linalg.norm(unit, axis=1)[:, None]).astype(numpy.float32).astype(float)
        cosines = unit @ unit.T
        order = sorted(range(DOCUMENTS), key=lambda i: (-(i * i % 1000), i))  # keep: [longest]
        # numpy adds in another order: a pair so near the threshold would be a coin toss.
        self.assertGreater(numpy.abs(cosines - 0.95).min(), 1e-12)
        similar = cosines >= 0.95
        kept, witness_of = [], {}
        for i in order:
            witnesses = similar[i, kept].nonzero()[0]
            if len(witnesses):
                witness_of[i] = kept[witnesses[0]]
            else:
                kept.append(i)
        self.assertGreater(len(witness_of), DOCUMENTS // 10)

        first, exact = None, ", threshold: 0.95, keep: [longest], clusters: 1, neighbours: 1000000"
        self.steps(exact)
        for ranks, spill in ((1, False), (2, True), (3, False), (5, True), (1, True)):
            self.succeeds(run(self.folder, "--fresh", "--memory", "128MiB", ranks=ranks,
                              environment={"SHARDMILL_FORCE_SPILL": "1"} if spill else {}))
            if first is None:
                rows = self.ledger()
                self.assertEqual({i: int(r["witness"]) for i, r in rows.items() if r["fate"] == "dropped"}, witness_of)
                for i, witness in witness_of.items():
                    self.assertEqual(rows[i]["reason"], "semantic_duplicate")
                    self.assertEqual(rows[i]["score_den"], 10**6)
                    self.assertLessEqual(abs(rows[i]["score_num"] / 1e6 - cosines[i, witness]), 1.0001e-6)
                first = digests(self.folder)
                # Of 200 documents the pairs with all others, as this step draws them.
                key = {i: int(r["key"].split(":")[1]) for i, r in rows.items()}
                sample = sorted(key, key=lambda i: mix64(seed_for("semantic", 0) ^ key[i]))[:200]
                pairs = sum(int(similar[i].sum()) - 1 for i in sample)
                self.assertEqual(self.recall(), {"documents": 200, "found": pairs, "of": pairs, "probes": 2})
                self.assertGreater(pairs, 50)
            self.assertEqual(digests(self.folder), first, (ranks, spill))

        # Of all similar pairs, how many share a cluster: those the step ties together.
        better = {frozenset((i, j)) for i, j in zip(*numpy.triu(similar, 1).nonzero())}
        for probes in (1, 2, 4):
            self.steps(exact.replace("clusters: 1", "clusters: 50, probes: %d" % probes))
            seen = None
            for ranks, spill in ((1, False), (3, True)):
                self.succeeds(run(self.folder, "--fresh", "--memory", "128MiB", ranks=ranks,
                                  environment={"SHARDMILL_FORCE_SPILL": "1"} if spill else {}))
                self.assertIn(seen, (None, digests(self.folder)))
                seen = digests(self.folder)
            dropped = {i: int(r["witness"]) for i, r in self.ledger().items() if r["fate"] == "dropped"}
            self.assertTrue(all(frozenset(pair) in better for pair in dropped.items()))
            recall = len(dropped) / len(witness_of)
            print("50 clusters, %d probes: %d of %d drops (%.3f)" % (probes, len(dropped), len(witness_of), recall))
            self.assertGreater(recall, {1: 0.8, 2: 0.95, 4: 0.99}[probes])
            said = self.recall()
            self.assertEqual((said["documents"], said["of"], said["probes"]), (200, pairs, probes))
            self.assertAlmostEqual(said["found"] / pairs, recall, delta=0.1)
            self.assertIn("dedup.semantic found %.1f %%" % (100 * said["found"] / pairs),
                          (self.folder / "out/current/report.txt").read_text())

    def test_many_copies_cost_few_pairs(self):
        self.documents([[1, 2, 2]] * 3000 + [None, [0, 0, 0]])
        self.steps(", threshold: 1, neighbours: 2")
        self.succeeds(run(self.folder, ranks=2, environment={"SHARDMILL_FORCE_SPILL": "1"}))
        rows = self.ledger()
        self.assertEqual(sum(r["fate"] == "kept" for r in rows.values()), 3)
        self.assertEqual({r["witness"] for r in rows.values() if r["fate"] == "dropped"}, {"0"})

    def test_commands_know_the_step(self):
        self.documents([[1, 0], [1, 0.1], [1, 0.2], [1, 0.3], [0, 1], [0.01, 1]])
        for settings, kept in ((", threshold: 0.99", 3), (", threshold: 0.99, chain: true", 2),
                               (", threshold: 0.99, cluster: components", 2),
                               (", threshold: 0.99, keep: [hard], clusters: 2", 3)):
            with self.subTest(settings=settings):
                self.steps(settings)
                self.succeeds(run(self.folder))
                self.assertEqual(manifest(self.folder)["documents_kept"], kept)
                self.succeeds(self.shardmill("verify", "out"))
                groups = [json.loads(line) for line in self.shardmill("groups", "out", "--json").stdout.splitlines()]
                self.assertEqual(sum(group["near_duplicates"] for group in groups), 6 - kept)
                report = json.loads(self.shardmill("report", "out", "--json").stdout)
                scored = sum(r["score_num"] is not None for r in self.ledger().values() if r["fate"] == "dropped")
                self.assertEqual(sum(report["distributions"]["similarity_percent"]), scored)
                for row in report["distributions"]["dropped_at_least"]:  # below the step's threshold nothing was looked for
                    self.assertEqual(row["below_the_jobs_own"], row["threshold"] < 0.99)

    def shardmill(self, *words):
        return subprocess.run([BINARY, *words], cwd=self.folder, env=ENVIRONMENT, text=True, capture_output=True,
                              timeout=60)

    def test_other_datasets(self):
        other = self.folder / "other"
        (other / "in").mkdir(parents=True)
        (other / "in/a.jsonl").write_text('{"id": "x", "text": "t", "v": [0, 5]}\n{"id": "y", "text": "u", "v": [0.292, 0.956]}\n')
        write_job(other, steps="\n  - embed: {from: column, of: v, column: v}\n")
        self.succeeds(run(other))
        # The last is like the other dataset's y only, which stays though it is like x.
        self.documents([[1, 0], [1, 0.01], [-0.01, 1], None, [0.559, 0.829]])
        self.steps(", against: other/out")
        for ranks in (1, 3):
            self.succeeds(run(self.folder, "--fresh", ranks=ranks))
            self.assertEqual({i: (r["fate"], r["witness"]) for i, r in self.ledger().items()},
                             {0: ("kept", None), 1: ("dropped", "0"), 2: ("dropped", "d@1/x"), 3: ("kept", None),
                              4: ("dropped", "d@1/y")})
            self.succeeds(self.shardmill("verify", "out"))
        (other / "in/a.jsonl").write_text('{"id": "x", "text": "t", "w": [0, 5]}\n')
        write_job(other, steps="\n  - filter: {min_characters: 0}\n")
        self.succeeds(run(other))
        before = digests(self.folder)
        self.assertIn("no document of `against` has a vector in it", run(self.folder).stderr)
        self.assertEqual(digests(self.folder), before)

    def test_bad_vectors(self):
        for value, said in (("x", 'found "x"'), ([], "array of numbers"), ([1, "a"], "array of numbers"),
                            ([1e39], "float32"), ({"a": 1}, "array of numbers"), (7, "found 7"),
                            ([0.5] * 65537, "at most 65536 numbers; found 65537")):
            with self.subTest(value=str(value)[:20]):
                self.documents([[1.0], value])
                self.steps("", "  - filter: {min_characters: 1}")
                self.refused(run(self.folder), 4, "dedup.semantic: column `v` of document 1: ", said)

    def test_vectors_that_are_all_zeros_are_told(self):
        said = "dedup.semantic: column `v`: of 3 documents 2 have a vector, all of zeros: none can be compared"
        self.documents([[0, 0], None, [0, 0]])
        self.steps("")
        for ranks in (2, 1, 1):  # the last two find it resolved
            self.assertEqual(self.succeeds(run(self.folder, ranks=ranks)).stderr.count(said), 1)
        for values in ([[0, 0], None, [0, 1]], [None, None, [1, 1]]):
            self.documents(values)
            self.assertNotIn("zeros", self.succeeds(run(self.folder)).stderr)

    def test_vectors_of_two_lengths_wherever_they_are(self):
        for ranks in (1, 3):
            self.documents([None] + [[1, 2]] * 3)
            self.put("b.jsonl", b'{"id": "other", "text": "", "v": [0, 0, 0]}\n')
            self.steps("")
            self.refused(run(self.folder, ranks=ranks), 4, "dedup.semantic: column `v`: all vectors must have one length",
                         "document other (at 0 of its file) has 3 numbers, document 1 (at 24 of its file) has 2 numbers")
        # One that is gone before the step does not matter.
        self.documents([[1, 2]] * 3)
        write_job(self.folder, steps="\n  - filter: {where: 'id != \"other\"'}\n  - dedup.semantic: {column: v}\n")
        self.succeeds(run(self.folder, ranks=2))

    def test_a_column_that_nobody_has(self):
        self.documents([[1, 2]] * 3)
        write_job(self.folder, steps="\n  - dedup.semantic: {column: w}\n")
        for ranks in (1, 2):
            self.refused(run(self.folder, ranks=ranks), 4, "dedup.semantic: no document has the column `w`; allowed: id, source, text, v")

    def test_a_changed_threshold_reads_nothing_again(self):
        self.documents([[1, 0], [1, 0.5], [0, 1]])
        self.steps(", threshold: 0.95")
        self.succeeds(run(self.folder))
        self.assertEqual(manifest(self.folder)["documents_kept"], 3)
        self.steps(", threshold: 0.8")
        self.succeeds(run(self.folder))
        self.assertEqual(manifest(self.folder)["documents_kept"], 2)
        self.assertEqual(manifest(self.folder, "run.json")["text_bytes_read"], 0)


class WithoutFaiss(InFolder):
    def test_the_step_is_refused(self):
        if not LACKS:
            self.skipTest("the build has all it needs")
        self.put("a.jsonl", b'{"text": "x", "v": [1]}\n')
        write_job(self.folder, steps="\n  - dedup.semantic: {column: v}\n")
        self.refused(run(self.folder), 2, "job.yaml:6:5: dedup.semantic needs FAISS")


if __name__ == "__main__":
    unittest.main()

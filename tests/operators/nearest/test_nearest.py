"""nearest on vectors of many dimensions, against brute force in numpy; and what it says of bad input."""

import json
import unittest

import numpy

from tests.built_with import lacks
from tests.jobs.run.program import InFolder, digests, manifest, published, run, write_job
from tests.oracle.published import read_table

LACKS = lacks("nearest")
OURS, THEIRS, DIMENSIONS = 700, 3000, 32


class Nearest(InFolder):
    def setUp(self):
        if LACKS:
            self.skipTest("the build lacks " + LACKS)
        super().setUp()
        random = numpy.random.default_rng(7)
        topics = random.normal(size=(40, DIMENSIONS))
        self.ours, self.theirs = (
            (topics[random.integers(40, size=n)] + 0.7 * random.normal(size=(n, DIMENSIONS))).astype(numpy.float32)
            for n in (OURS, THEIRS))

    def documents(self, folder, values):
        (folder / "in").mkdir(parents=True, exist_ok=True)
        (folder / "in/a.jsonl").write_text("".join(
            json.dumps({"id": "d%d" % i, "text": "t%d" % i, **({} if v is None else {"v": v})}) + "\n"
            for i, v in enumerate(values)))

    def other(self, values, steps="\n  - embed: {from: column, of: v, column: v}\n"):
        """Another dataset, whose column is of vectors."""
        folder = self.folder / "other"
        self.documents(folder, values)
        write_job(folder, steps=steps)
        self.succeeds(run(folder))

    def steps(self, settings="", before=""):
        write_job(self.folder, steps="\n%s  - nearest: {column: v, against: other/out%s}\n" % (before, settings))

    def tables(self, pattern):
        return [row for path in sorted((self.folder / "out/current").glob(pattern)) for row in read_table(path)[1]]

    def neighbours(self):
        return {row["id"]: [id_.removeprefix("d@1/") for id_ in json.loads(row["nearest_ids"])]
                for row in self.tables("text/*/*.h5") if row["nearest_ids"] is not None}

    def expected(self, k):
        unit = [v.astype(float) / numpy.linalg.norm(v.astype(float), axis=1)[:, None] for v in (self.ours, self.theirs)]
        cosines = unit[0] @ unit[1].T
        order = numpy.argsort(-cosines, axis=1)[:, : k + 1]
        best = numpy.take_along_axis(cosines, order, axis=1)
        self.assertGreater((best[:, :-1] - best[:, 1:]).min(), 1e-9)  # else rounding would decide
        return {"d%d" % i: ["d%d" % j for j in row[:k]] for i, row in enumerate(order)}, cosines

    def test_all_neighbours_are_those_of_brute_force(self):
        self.other(self.theirs.tolist())
        self.documents(self.folder, self.ours.tolist())
        self.steps(", k: 5")
        self.succeeds(run(self.folder, ranks=2))
        expected, cosines = self.expected(5)
        self.assertEqual(self.neighbours(), expected)
        for row in self.tables("text/*/*.h5"):
            of = cosines[int(row["id"][1:])]
            for id_, score in zip(json.loads(row["nearest_ids"]), json.loads(row["nearest_scores"])):
                self.assertAlmostEqual(score, of[int(id_.removeprefix("d@1/d"))], delta=2e-6)
        self.assertEqual(self.tables("tables/nearest_recall/*.h5"), [{"documents": 200, "found": 1000, "k": 5, "of": 1000}])
        self.assertEqual(manifest(self.folder)["joined"], {"nearest": {"documents": OURS, "with_several_rows": 0}})
        one = digests(self.folder)
        for ranks, environment in ((1, {}), (3, {"SHARDMILL_FORCE_SPILL": "1"}), (5, {})):
            self.succeeds(run(self.folder, "--fresh", "--memory", "256MiB", ranks=ranks, environment=environment))
            self.assertEqual(digests(self.folder), one, ranks)

    def test_recall_is_measured(self):
        self.other(self.theirs.tolist())
        self.documents(self.folder, self.ours.tolist())
        expected, _ = self.expected(10)
        recalls = []
        for probes in (1, 4, 30):
            self.steps(", clusters: 30, probes: %d" % probes)
            self.succeeds(run(self.folder, ranks=2))
            found = self.neighbours()
            really = sum(len(set(found[i]) & set(near)) for i, near in expected.items()) / (10 * OURS)
            [row] = self.tables("tables/nearest_recall/*.h5")
            recalls.append(row["found"] / row["of"])
            print("probes", probes, "of 30: recall", really, "measured", recalls[-1])
            self.assertAlmostEqual(recalls[-1], really, delta=0.05)
        self.assertEqual(recalls[-1], 1)
        self.assertLess(recalls[0], recalls[1])

    def test_documents_without_vectors_have_and_are_no_neighbours(self):
        self.other([[1, 0], None, [0, 0], [0, 2]])
        self.documents(self.folder, [[3, 0], None, [0, 0], [-1, 0.5]])
        self.steps()
        self.succeeds(run(self.folder))
        self.assertEqual(self.neighbours(), {"d0": ["d0", "d3"], "d3": ["d3", "d0"]})
        [scores] = [row["nearest_scores"] for row in self.tables("text/*/*.h5") if row["id"] == "d3"]
        self.assertEqual(scores, "[0.447213,-0.894428]")

    def test_vectors_that_are_all_zeros_are_told(self):
        self.other([[1, 0], [0, 0]])
        self.documents(self.folder, [[0, 0]] * 3 + [None])
        self.steps()
        for ranks in (2, 1):
            self.assertIn("nearest: column `v`: of 4 documents 3 have a vector, all of zeros: none can be compared\n",
                          self.succeeds(run(self.folder, ranks=ranks)).stderr)
        self.other([[0, 0]] * 3)
        (self.folder / "in/b.jsonl").write_text('{"text": "x", "v": [0, 1]}\n')
        self.assertIn("no document of `against` has a vector in it (one of zeros is none)", run(self.folder, "--fresh").stderr)

    def test_bad_input(self):
        self.other([[1, 0], [0, 1]])
        self.documents(self.folder, [[1, 0, 0]])
        self.steps()
        self.refused(run(self.folder), 4, "nearest: column `v`: all vectors must have one length", 
                     "document d0 (at 0 of its file) has 3 numbers, document d@1/d1 has 2 numbers")
        self.documents(self.folder, [[1, "x"]])
        self.refused(run(self.folder), 4, "nearest: column `v` of document d0: expected an array of numbers")
        write_job(self.folder, steps="\n  - nearest: {column: w, against: other/out}\n")
        self.documents(self.folder, [[1, 0]])
        self.refused(run(self.folder), 4, "nearest: no document has the column `w`; allowed: id, source, text, v")
        self.documents(self.folder, [[1, 0]])
        self.steps(before="  - embed: {from: hashed, column: nearest_ids}\n")
        self.refused(run(self.folder), 2, "adds the column `nearest_ids`", "makes vectors")
        self.steps(before="  - nearest: {column: v, against: other/out}\n")
        self.refused(run(self.folder), 2, "a second table `nearest_recall`")
        self.steps()
        self.succeeds(run(self.folder))  # until then it stays with the other dataset as it was
        self.before = published(self.folder)
        self.other([None, [0, 0]], steps="\n  - filter: {min_words: 1}\n")
        self.refused(run(self.folder), 4, "no document of `against` has a vector in it")
        self.documents(self.folder, [[1, 0]])
        (self.folder / "in/b.jsonl").write_text('{"text": "x", "nearest_ids": 1, "v": [0, 1]}\n')
        self.refused(run(self.folder), 2, "adds the column `nearest_ids`, which documents have already; give it another name")


if __name__ == "__main__":
    unittest.main()

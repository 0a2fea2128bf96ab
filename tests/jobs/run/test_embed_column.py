"""embed from columns: what numpy says of them, whatever the ranks; bad vectors; shards as sources."""

import json
import shutil
import unittest

import numpy

from embedded import Embed, shards, vectors
from program import digests, run, write_job

COLUMN = "\n  - embed: {from: column, of: numbers, column: %s}\n"


class FromColumn(Embed):
    def input(self, files=3, rows=400, dimensions=24):
        choose, expected = numpy.random.default_rng(5), {}
        for n in range(files):
            listed = []
            for i in range(rows):
                row = {"id": f"{n}-{i}", "text": f"text {n} {i} " + "x" * 200}
                if i % 7:
                    row["numbers"] = choose.normal(size=dimensions).round(5).tolist()
                expected[row["id"]] = row.get("numbers")
                listed.append(row)
            self.documents(listed, f"{n}.jsonl")
        return expected

    def test_is_what_numpy_says_and_the_same_for_all_ranks(self):
        expected, all_digests = self.input(), []
        write_job(self.folder, steps=COLUMN % "unit", extra="write: {text: {shard_size: 60KiB}}")
        for ranks, more in ((1, {}), (2, {"SHARDMILL_FORCE_SPILL": "1"}), (3, {})):
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            self.succeeds(run(self.folder, ranks=ranks, environment=more))
            all_digests.append(digests(self.folder))
        self.assertEqual(all_digests[1:], all_digests[:1] * 2)
        self.assertGreater(len(shards(self.folder)), 3)
        found = vectors(self.folder, "unit")
        self.assertEqual(set(found), set(expected))
        for id_, numbers in expected.items():
            if numbers is None:
                self.assertIsNone(found[id_])
            else:
                vector = numpy.float32(numbers)
                numpy.testing.assert_allclose(found[id_], vector / numpy.linalg.norm(vector), rtol=1e-6)
        self.program("verify", "out")
        self.assertIn("unit: vector, absent in", self.program("inspect", "out"))

    def test_replaces_its_column_keeps_the_numbers_and_is_exported_as_they_read_back(self):
        expected = self.input(files=1)
        write_job(self.folder, steps="\n  - embed: {from: column, of: numbers, column: numbers, normalize: false}\n")
        self.succeeds(run(self.folder))
        for line in self.program("export", "out", "--to", "-").splitlines():
            row = json.loads(line)
            wanted = expected[row["id"]]
            self.assertEqual(row.get("numbers") and numpy.float32(row["numbers"]).tolist(),
                             wanted and numpy.float32(wanted).tolist())

    def test_a_shard_is_a_source_of_another_dataset(self):
        self.input(files=1)
        write_job(self.folder, steps=COLUMN % "v")
        self.succeeds(run(self.folder))
        before = vectors(self.folder, "v")
        self.put("shard.h5", shards(self.folder)[0].read_bytes())
        write_job(self.folder, read="in/*.h5", source=", format: hdf5",
                  steps="\n  - embed: {from: column, of: v, column: v, normalize: false}\n")
        shutil.rmtree(self.folder / "out")
        self.succeeds(run(self.folder))
        after = vectors(self.folder, "v")
        self.assertEqual({i: None if v is None else v.tolist() for i, v in before.items()},
                         {i: None if v is None else v.tolist() for i, v in after.items()})

    def test_what_is_no_vector_ends_the_run_and_names_the_document(self):
        for value, says in (("x", "array of numbers"), ([], "array of numbers"), ([1, "y"], "array of numbers"),
                            ([[1], 2], "array of numbers"), ({"a": 1}, "array of numbers"), (5, "array of numbers"),
                            ([1, 1e39], "float32"), ([1, 2, 3], "expected 2 numbers")):
            self.documents([{"id": "good", "text": "a", "numbers": [1, 2]}, {"id": "bad", "text": "b", "numbers": value}])
            # A tolerated file is one that cannot be read, not one that a step cannot understand.
            write_job(self.folder, steps=COLUMN % "v", extra="tolerate: {files: 5, records: 1}")
            self.fails("document bad", "column `numbers`", says)
            self.fails("document bad", ranks=2)
            self.assertFalse((self.folder / "out/current").exists())

    def test_a_document_deep_in_a_large_file_is_no_failure_of_the_file(self):
        """What a step meets while a file is still being read is not tolerated as one that cannot be read."""
        rows = [{"id": str(i), "text": "x" * 1000, "numbers": [1, 2]} for i in range(5000)]
        rows[10]["numbers"] = "x"
        self.documents(rows)
        self.documents([{"id": "other", "text": "y", "numbers": [1, 2]}], "other.jsonl")
        write_job(self.folder, steps=COLUMN % "v", extra="tolerate: {files: 5, records: 1}")
        self.fails("document 10:", "array of numbers")

    def test_two_lengths_in_two_files_are_found_and_a_mended_file_mends_it(self):
        self.documents([{"id": "a", "text": "a", "numbers": [1, 2]}], "a.jsonl")
        write_job(self.folder, steps=COLUMN % "v")
        self.succeeds(run(self.folder))
        self.documents([{"id": "b", "text": "b", "numbers": [1, 2, 3]}], "b.jsonl")
        self.fails("`v`", "a.jsonl gives vectors of 2 numbers", "b.jsonl of 3")
        self.fails("b.jsonl of 3", ranks=2)
        self.documents([{"id": "b", "text": "b", "numbers": [1, 0]}], "b.jsonl")
        self.succeeds(run(self.folder))
        self.assertEqual(vectors(self.folder, "v")["b"].tolist(), [1, 0])

    def test_all_vectors_may_get_another_length(self):
        self.documents([{"id": "a", "text": "a", "numbers": [3, 4]}])
        write_job(self.folder, steps=COLUMN % "v")
        self.succeeds(run(self.folder))
        self.documents([{"id": "a", "text": "a", "numbers": [0, 0, 5]}])
        self.succeeds(run(self.folder))
        self.assertEqual(vectors(self.folder, "v")["a"].tolist(), [0, 0, 1])

    def test_a_name_that_documents_have_is_refused(self):
        self.documents([{"id": "a", "text": "a", "numbers": [1], "v": 2}])
        write_job(self.folder, steps=COLUMN % "v")
        self.fails("document a has a column `v` already")

    def test_a_column_that_nobody_has(self):
        self.documents([{"id": "a", "text": "a", "numbers": [1, 2]}])
        write_job(self.folder, steps="\n  - embed: {from: column, of: number, column: v}\n")
        self.refused(run(self.folder), 4, "embed: no document has the column `number`; did you mean `numbers`?")
        # What a step makes is there for the steps behind it.
        write_job(self.folder, steps="\n  - embed: {from: column, of: numbers, column: v}\n  - embed: {from: column, of: v, column: w}\n")
        self.assertNotIn("no document has", self.succeeds(run(self.folder)).stderr)


if __name__ == "__main__":
    unittest.main()

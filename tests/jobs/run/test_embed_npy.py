"""embed from matrices in .npy files: rows by id, changed files, files that do not fit."""

import io
import shutil
import unittest

import numpy

from embedded import Embed, vectors
from program import digests, run, write_job


class Npy(Embed):
    STEP = "\n  - embed: {from: npy, column: v, vectors: m.npy, ids: ids.txt, normalize: false}\n"

    def files(self, matrix, ids, cut=None):
        with io.BytesIO() as file:
            numpy.save(file, matrix)
            (self.folder / "m.npy").write_bytes(file.getvalue()[:cut])
        (self.folder / "ids.txt").write_bytes(b"".join(id_.encode() + b"\n" for id_ in ids))

    def test_documents_have_the_rows_of_their_ids_on_all_ranks(self):
        choose = numpy.random.default_rng(8)
        for n in range(4):
            self.documents([{"id": f"{n}/é{i}", "text": "x" * 300} for i in range(500)], f"{n}.jsonl")
        listed = [f"{n}/é{i}" for n in range(5) for i in range(500) if i % 7]
        choose.shuffle(listed)
        matrix = choose.normal(size=(len(listed), 17)) * 1000
        for dtype in ("<f2", "<f4", "<f8"):
            self.files(matrix.astype(dtype), listed)
            write_job(self.folder, steps=self.STEP, extra="write: {text: {shard_size: 60KiB}}")
            all_digests = []
            for ranks, more in ((1, {}), (2, {"SHARDMILL_FORCE_SPILL": "1"}), (3, {}), (5, {})):
                shutil.rmtree(self.folder / "out", ignore_errors=True)
                self.succeeds(run(self.folder, ranks=ranks, environment=more))
                all_digests.append(digests(self.folder))
            self.assertEqual(all_digests[1:], all_digests[:1] * 3)
            row_of, found = dict(zip(listed, matrix.astype(dtype).astype("<f4"))), vectors(self.folder, "v")
            self.assertEqual(len(found), 2000)
            for id_, vector in found.items():
                self.assertEqual(None if vector is None else vector.tolist(), row_of[id_].tolist() if id_ in row_of else None)

    def test_changed_files_are_read_again(self):
        self.documents([{"id": "a", "text": "x"}, {"id": "b", "text": "y"}])
        write_job(self.folder, steps=self.STEP)
        for ids, wanted in (("ab", [1, 2]), ("ba", [3, 4]), ("xa", [3, 4]), ("ba", [3, 4])):
            self.files(numpy.float32([[1, 2], [3, 4]]), ids)
            self.succeeds(run(self.folder))
            self.assertEqual(vectors(self.folder, "v")["a"].tolist(), wanted)
        (self.folder / "ids.txt").write_bytes(b"b\r\na")  # as other systems end lines, and no end
        self.succeeds(run(self.folder))
        self.assertEqual(vectors(self.folder, "v")["a"].tolist(), [3, 4])
        # A matrix with another header version, and one without rows.
        with open(self.folder / "m.npy", "wb") as file:
            numpy.lib.format.write_array(file, numpy.float64([[5, 6], [7, 8]]), version=(2, 0))
        self.succeeds(run(self.folder))
        self.assertEqual(vectors(self.folder, "v")["a"].tolist(), [7, 8])
        self.files(numpy.zeros((0, 2), "<f4"), "")
        self.succeeds(run(self.folder))

    def test_files_that_do_not_fit(self):
        self.documents([{"id": "a", "text": "x"}, {"id": "b", "text": "y"}])
        write_job(self.folder, steps=self.STEP)
        good = numpy.float32([[1, 2, 3], [4, 5, 6]])
        nan, infinite = good.copy(), good.astype("<f8")
        nan[1, 2], infinite[1, 0] = numpy.nan, 1e39
        form = "expected a matrix of <f2, <f4 or <f8, two dimensions in C order"
        for matrix, ids, cut, *says in (
                (good, "aa", None, "ids.txt", "lines 1 and 2 have the same id"), (good, "xyzab", None, "ids.txt: has 5 ids", "m.npy has 2 rows"),
                (good, "a", None, "ids.txt: has 1 ids"), (nan, "ab", None, "m.npy: row 1, of document b", "float32"),
                (infinite, "ba", None, "m.npy: row 1, of document a", "float32"), (numpy.asfortranarray(good), "ab", None, form, "'fortran_order':True"),
                (good.astype(">f4"), "ab", None, form, ">f4"), (good.astype("<i4"), "ab", None, form, "<i4"), (good[0], "ab", None, form, "(3,)"),
                (good.reshape(2, 3, 1), "ab", None, form, "(2,3,1)"), (good[:, :0], "ab", None, form, "(2,0)"),
                (good, "ab", -1, "m.npy: has 23 bytes of numbers for 2 rows of 3 of 4 bytes"), (good, "ab", 60, "m.npy: expected a .npy file", "whole header"),
                (good, "ab", 5, "m.npy: expected a .npy file")):
            self.files(matrix, ids, cut)
            self.fails(*says)
        self.fails("m.npy", ranks=2)
        self.files(nan, "ax")  # a number of no document
        self.succeeds(run(self.folder))
        with open(self.folder / "m.npy", "ab") as file:
            file.write(b"more")
        self.fails("m.npy: has 28 bytes of numbers")
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }" % (2**62, 2**62)
        (self.folder / "m.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
        self.fails("m.npy: has 0 bytes of numbers")
        for content in (b"", b"no matrix, but some text"):
            (self.folder / "m.npy").write_bytes(content)
            self.fails("m.npy: expected a .npy file")
        (self.folder / "m.npy").unlink()
        self.fails("m.npy")
        self.files(good, "ab")
        (self.folder / "ids.txt").unlink()
        self.fails("ids.txt")

    def test_ids_count_in_the_memory_and_the_matrix_does_not(self):
        n = 2000000
        self.documents([{"id": "999", "text": "x"}])
        self.files(numpy.ones((n, 25), "<f4"), map(str, range(n)))  # 48 MB of ids, 200 MB of numbers
        write_job(self.folder, steps=self.STEP, source=", max_record: 1MiB")
        done = run(self.folder, "--memory", "64MiB")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("what embed looks things up in: 46MiB", done.stderr)
        self.succeeds(run(self.folder, "--memory", "96MiB"))


if __name__ == "__main__":
    unittest.main()

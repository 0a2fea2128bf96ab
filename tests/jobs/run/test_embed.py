"""Columns of vectors: what numpy says of them, whatever the ranks; each kind of bad input; shards as
sources of other datasets."""

import io
import json
import math
import random
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import h5py
import numpy

sys.path.insert(0, str(Path(__file__).parents[2] / "oracle"))
import embed as oracle
from program import BINARY, ENVIRONMENT, InFolder, digests, run, write_job

COLUMN = "\n  - embed: {from: column, of: numbers, column: %s}\n"


def shards(folder, snapshot="current"):
    return sorted((folder / "out" / snapshot / "text").rglob("*.h5"))


def vectors(folder, name):
    """{id: vector, or None}, with h5py alone."""
    found = {}
    for path in shards(folder):
        with h5py.File(path) as file:
            columns = file["columns"]
            matrix, ends, data = columns[name][:], columns["id/offsets"][:], columns["id/bytes"][:].tobytes()
            assert columns[name].attrs["type"] == b"vector" and matrix.dtype == "<f4", columns[name]
            valid = columns[name + ".valid"][:] if name + ".valid" in columns else numpy.ones(len(matrix))
            for i, row in enumerate(matrix):
                assert valid[i] or not row.any()
                found[data[ends[i] : ends[i + 1]].decode()] = row if valid[i] else None
    return found


class Embed(InFolder):
    def documents(self, rows, name="in.jsonl"):
        self.put(name, "".join(json.dumps(row) + "\n" for row in rows).encode())

    def fails(self, *says, code=4, **options):
        done = run(self.folder, **options)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()[-1:]), 1)
        for words in says:
            self.assertIn(words, done.stderr)

    def program(self, *arguments):
        done = subprocess.run([BINARY, *arguments], cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout


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


class Hashed(Embed):
    STEP = "\n  - embed: {from: hashed, column: h, dimensions: 64}\n"

    def test_long_texts_and_words_are_as_the_oracle_says(self):
        choose = random.Random(2)
        word = lambda: "".join(choose.choice("abcdefghijklmnopäß漢e\u0301") for _ in range(choose.randint(1, 30)))
        texts = [" ".join(word() for _ in range(n)) for n in (1, 5, 300, 4095, 4096, 4097, 9000)]
        texts += ["", "...", "a " * 5000, " ".join(texts[2].split()[::-1])]
        self.documents([{"id": str(i), "text": text} for i, text in enumerate(texts)])
        all_digests = []
        write_job(self.folder, steps=self.STEP)
        for ranks in (1, 3):
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            self.succeeds(run(self.folder, ranks=ranks))
            all_digests.append(digests(self.folder))
        self.assertEqual(*all_digests)
        found = vectors(self.folder, "h")
        for i, text in enumerate(texts):
            wanted = oracle.hashed(oracle.words(text), 64)
            self.assertEqual(found[str(i)] is None, wanted is None)
            if wanted is not None:
                self.assertEqual(found[str(i)].tolist(), oracle.unit_length(wanted).tolist())

    def test_chunks_are_as_the_oracle_says_and_see_the_whole_text(self):
        choose = random.Random(6)
        texts = [" ".join(f"word{choose.randrange(500)}" + choose.choice(["", ",", ".\n"]) for _ in range(n)) for n in (0, 1, 49, 50, 51, 90, 91, 5000)]
        texts += [texts[-1] + " and more", "á b ½½, ㍿½ " * 40]
        self.documents([{"id": str(i), "text": text} for i, text in enumerate(texts)])
        for settings in ({"chunk": 50}, {"chunk": 50, "overlap": 10}):
            more = "".join(", %s: %d" % item for item in settings.items())
            all_digests, settings = [], {"from": "hashed", "dimensions": 64, **settings}
            write_job(self.folder, steps=self.STEP.replace("64", "64, normalize: false" + more))
            for ranks in (1, 2):
                shutil.rmtree(self.folder / "out", ignore_errors=True)
                self.succeeds(run(self.folder, ranks=ranks))
                all_digests.append(digests(self.folder))
            self.assertEqual(*all_digests)
            found = vectors(self.folder, "h")
            for i, text in [*enumerate(texts[:7]), (9, texts[9])]:
                wanted = oracle.vector_of({"text": text}, settings, {})
                self.assertEqual(*(None if v is None else v.tolist() for v in (found[str(i)], wanted)))
            # The oracle finds places slowly; of a long text, words that are in no chunk twice say the same.
            listed = oracle.words(texts[7])
            step = settings["chunk"] - settings.get("overlap", 0)
            wanted = oracle.mean_of(oracle.hashed(listed[at : at + 50], 64) for at in range(0, len(listed) - settings.get("overlap", 0), step))
            self.assertEqual(found["7"].tolist(), wanted.tolist())
            self.assertNotEqual(found["7"].tolist(), found["8"].tolist())
            self.assertAlmostEqual(float(numpy.linalg.norm(found["1"])), 1, places=6)

    def test_edited_copies_are_nearer_than_others(self):
        rows, choose = [], random.Random(4)
        for i in range(100):
            text = [f"word{choose.randrange(3000)}" for _ in range(100)]
            rows += [{"id": f"{i}", "text": " ".join(text)}, {"id": f"{i}e", "text": " ".join(text[:95] + text[:5])}]
        self.documents(rows)
        write_job(self.folder, steps="\n  - embed: {from: hashed, column: h}\n")
        self.succeeds(run(self.folder))
        found = vectors(self.folder, "h")
        cosine = lambda a, b: float(found[a] @ found[b])
        copies = min(cosine(f"{i}", f"{i}e") for i in range(100))
        others = max(cosine(f"{i}", f"{j}") for i in range(100) for j in range(i))
        self.assertGreater(copies, 0.9)
        self.assertGreater(copies, others + 0.1)


    def test_rare_words_of_a_list_of_frequencies_count_most(self):
        (self.folder / "f.txt").write_bytes("the 900\nTHE\t90\r\nof 9\nzebra 1\n".encode())
        # Three words in common, or one that is in no list.
        self.documents([{"id": "a", "text": "the The of quagga"}, {"id": "common", "text": "the the of okapi"},
                        {"id": "rare", "text": "my quagga"}, {"id": "none", "text": "..."}])
        for frequencies, nearer in ((", frequencies: f.txt", "rare"), ("", "common")):
            write_job(self.folder, steps=self.STEP.replace("dimensions: 64", "dimensions: 4096" + frequencies))
            all_digests = []
            for ranks in (1, 2):
                shutil.rmtree(self.folder / "out", ignore_errors=True)
                self.succeeds(run(self.folder, ranks=ranks))
                all_digests.append(digests(self.folder))
            self.assertEqual(*all_digests)
            found = vectors(self.folder, "h")
            self.assertIsNone(found["none"])
            self.assertEqual(max(("common", "rare"), key=lambda other: found["a"] @ found[other]), nearer)
        # One word without runs of its own: its coordinates have ln(1000 / 9).
        self.documents([{"id": "a", "text": "of"}])
        write_job(self.folder, steps=self.STEP.replace("dimensions: 64", "dimensions: 4096, normalize: false, frequencies: f.txt"))
        self.succeeds(run(self.folder))
        self.assertIn(round(65536 * math.log(1000 / 9)) / 65536, abs(vectors(self.folder, "h")["a"]).tolist())

    def test_lists_of_frequencies_that_are_none_and_one_that_changes(self):
        self.documents([{"id": "a", "text": "one two"}])
        (self.folder / "v.txt").write_text("one 1 0\ntwo 0 1\n")
        for step in (self.STEP.replace("64", "64, frequencies: f.txt"), Static.STEP.replace("v.txt", "v.txt, frequencies: f.txt")):
            write_job(self.folder, steps=step)
            for content, *says in ((b"one 1\ntwo\n", "line 2: expected a word and its count", "found two"),
                                   (b"one 0\n", "line 1", "found one 0"), (b"one -1\n", "line 1"), (b"one 1.5\n", "line 1"),
                                   (b"one 1\n\n", "line 2", "found nothing"), (b"a 1\nb %d\n" % (2**53 - 1), "line 2", "2^53"),
                                   (b"a %d\n" % 10**30, "line 1"), (b"", "has no words")):
                (self.folder / "f.txt").write_bytes(content)
                self.fails("f.txt", *says)
            self.fails("f.txt", ranks=2)
            (self.folder / "f.txt").unlink()
            self.fails("f.txt")
            found = []
            for content in ("one 1\ntwo 1\n", "one 5\ntwo 1\n"):
                (self.folder / "f.txt").write_text(content)
                self.succeeds(run(self.folder))
                found.append(list(vectors(self.folder, step.split("column: ")[1][0])["a"]))
            self.assertNotEqual(*found)


class Static(Embed):
    STEP = "\n  - embed: {from: static, column: m, vectors: v.txt}\n"

    def table(self, content, name="v.txt"):
        (self.folder / name).write_bytes(content)

    def test_a_changed_table_is_read_again_and_an_equal_one_is_not(self):
        self.documents([{"id": "a", "text": "One two"}, {"id": "b", "text": "none known"}])
        write_job(self.folder, steps=self.STEP.replace("v.txt", "v.txt, normalize: false"))
        for content, wanted in ((b"one 1 0\ntwo 0 1\n", [1, 0]), (b"2 2\nTWO 4 0\none 0 1\n", [2, 1]),
                                (b"2 2\nTWO 4 0\none 0 1\n", [2, 1])):
            self.table(content)
            self.succeeds(run(self.folder))
            found = vectors(self.folder, "m")
            self.assertIsNone(found["b"])
            weights = [0.001 / (0.001 + 1 / (r * 1.5)) for r in (1, 2)]  # H of two words is 1.5
            rows = [[float(x) for x in line.split()[1:]] for line in content.decode().splitlines()[-2:]]
            mean = sum(w * numpy.array(row) for w, row in zip(weights, rows)) / 2
            numpy.testing.assert_allclose(found["a"], mean, rtol=1e-6)

    def test_probabilities_of_a_list_of_frequencies(self):
        self.documents([{"id": "a", "text": "one"}, {"id": "b", "text": "two"}])
        self.table(b"two 1 0\none 0 1\n")
        self.table(b"x y 50\nOne 10\none 30\nother 9\n", "f.txt")
        write_job(self.folder, steps=self.STEP.replace("v.txt", "v.txt, normalize: false, smoothing: 0.5, frequencies: f.txt"))
        self.succeeds(run(self.folder))
        found = vectors(self.folder, "m")
        self.assertEqual(found["a"].tolist(), [0, numpy.float32(0.5 / (0.5 + 40 / 99))])
        self.assertEqual(found["b"].tolist(), [numpy.float32(0.5 / (0.5 + 1 / 99)), 0])

    def test_of_equal_words_the_first_stays_and_words_may_have_blanks(self):
        self.documents([{"id": "a", "text": "Stra\u00dfe"}])
        write_job(self.folder, steps=self.STEP)
        self.table("STRASSE 1 0\nat name 3 0 7\nstra\u00dfe 0 1\n".encode())
        self.succeeds(run(self.folder))
        self.assertEqual(vectors(self.folder, "m")["a"].tolist(), [1, 0])

    def test_tables_that_are_none(self):
        self.documents([{"id": "a", "text": "one"}])
        write_job(self.folder, steps=self.STEP)
        for content, *says in ((b"", "has no words"), (b"one\n", "line 1"), (b"one 1 2\ntwo 1\n", "line 2", "expected a word and 2 numbers"),
                               (b"one 1 2x\n", "line 1", "2x"), (b"one 1 nan\n", "line 1", "float32"),
                               (b"one 1 1e60\n", "float32"), (b"3 1\none 1\n", "states 3 words, it has 1")):
            self.table(content)
            self.fails("v.txt", *says)
            self.fails("v.txt", ranks=2)
        (self.folder / "v.txt").unlink()
        self.fails("v.txt")

    def safetensors(self, header, numbers):
        header = json.dumps(header).encode()
        self.table(len(header).to_bytes(8, "little") + header + numbers, "v.safetensors")

    def test_safetensors(self):
        self.documents([{"id": "a", "text": "one"}, {"id": "b", "text": "two"}])
        write_job(self.folder, steps="\n  - embed: {from: static, column: m, normalize: false, vectors: v.safetensors, words: w.txt, smoothing: 1000000}\n")
        self.table(b"one\ntwo\n", "w.txt")
        matrix = numpy.array([[1.5, -2, 6e-8], [0.25, 65504, 0]])
        for kind, dtype in (("F32", "<f4"), ("F16", "<f2")):
            raw = matrix.astype(dtype).tobytes()
            self.safetensors({"__metadata__": {"by": "hand"}, "e": {"dtype": kind, "shape": [2, 3], "data_offsets": [0, len(raw)]}}, raw)
            self.succeeds(run(self.folder))
            found = vectors(self.folder, "m")
            numpy.testing.assert_allclose([found["a"], found["b"]], matrix.astype(dtype).astype("<f4"), rtol=1e-5)
        good = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
        for header, says in (({"e": dict(good, shape=[2, 4])}, "24 bytes of numbers for 2 rows of 4"),
                             ({"e": dict(good, shape=[2**62, 2**62])}, "bytes of numbers"),
                             ({"e": dict(good, data_offsets=[4, 24])}, "bytes of numbers"),
                             ({"e": dict(good, dtype="BF16")}, "F32 or F16"), ({"e": dict(good, shape=[6])}, "of two dimensions"),
                             ({"e": good, "f": good}, "has 2 tensors"), ({}, "has 0 tensors"), ({"e": {}}, "cannot be understood"),
                             ({"e": dict(good, shape="x")}, "cannot be understood"), ([1], "cannot be understood")):
            self.safetensors(header, bytes(24))
            self.fails("v.safetensors", says)
        self.table(b"short", "v.safetensors")
        self.fails("no .safetensors file")
        self.safetensors({"e": good}, bytes(24))
        self.table(b"one\n", "w.txt")
        self.fails("w.txt: has 1 words", "has 2 vectors")

    def test_common_components_are_those_of_numpy(self):
        choose, words, dimensions = numpy.random.default_rng(3), [f"w{i}" for i in range(300)], 6
        # All but the last two directions are told apart; words of the first lines differ from others.
        matrix = choose.normal(size=(300, dimensions)) * [16, 8, 4, 2, 1, 1] + choose.normal(size=dimensions) * 5
        matrix = numpy.float32(matrix @ numpy.linalg.qr(choose.normal(size=(dimensions, dimensions)))[0])
        self.table("".join("%s %s\n" % (w, " ".join(map(repr, map(float, row)))) for w, row in zip(words, matrix)).encode())
        self.documents([{"id": w, "text": w} for w in words])
        p = 1 / numpy.arange(1, 301)
        p /= p.sum()
        share = p * 0.001 / (0.001 + p)
        centred = matrix - numpy.average(matrix, axis=0, weights=share)
        _, directions = numpy.linalg.eigh((centred * share[:, None]).T @ centred)
        for components in (1, 2, 4):
            all_digests = []
            write_job(self.folder, steps=self.STEP.replace("v.txt", f"v.txt, components: {components}, normalize: false"))
            for ranks in (1, 3):
                shutil.rmtree(self.folder / "out", ignore_errors=True)
                self.succeeds(run(self.folder, ranks=ranks))
                all_digests.append(digests(self.folder))
            self.assertEqual(*all_digests)
            found = vectors(self.folder, "m")
            top = directions[:, -components:]
            wanted = (centred - centred @ top @ top.T) * (0.001 / (0.001 + p))[:, None]
            found = numpy.array([found[w] for w in words])
            numpy.testing.assert_allclose(found, wanted, atol=1e-4 * abs(wanted).max())
            self.assertLess(abs(found @ top).max(), 1e-4 * abs(wanted).max())

    def test_components_that_leave_nothing_and_numbers_that_get_too_large(self):
        self.documents([{"id": "a", "text": "one"}])
        write_job(self.folder, steps=self.STEP.replace("v.txt", "v.txt, components: 2"))
        self.table(b"one 1 2\ntwo 1 3\n")
        self.fails("v.txt", "components: 2", "vectors of 2 numbers")
        self.table(b"one 3e38 2 1\ntwo 3e38 3 1\nthree -3e38 1 1\n")
        self.fails("v.txt", "float32 does not hold")
        self.fails("v.txt", "float32 does not hold", ranks=2)
        self.table(b"one 3 2 1\ntwo 3 2 1\n")  # after the mean, nothing is left to find directions in
        self.succeeds(run(self.folder))
        self.assertLess(abs(vectors(self.folder, "m")["a"]).max(), 1.01)

    def test_the_table_counts_in_the_memory(self):
        self.documents([{"id": "a", "text": "one"}])
        self.table(b"".join(b"w%d %s\n" % (i, b" ".join([b"1"] * 300)) for i in range(60000)))
        write_job(self.folder, steps=self.STEP, source=", max_record: 1MiB")
        done = run(self.folder, "--memory", "64MiB")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("what embed looks things up in: 7", done.stderr)
        self.succeeds(run(self.folder, "--memory", "256MiB"))
        self.table(b"".join(b"w%d 7\n" % i for i in range(2000000)), "f.txt")  # 96 MB
        write_job(self.folder, steps="\n  - embed: {from: hashed, column: h, frequencies: f.txt}\n", source=", max_record: 1MiB")
        self.assertIn("what embed looks things up in: 108MiB", run(self.folder, "--memory", "64MiB").stderr)


PROGRAM = """
import json, os, struct, sys, time
marks = %r
def answer(text):
    sys.stdout.buffer.write(struct.pack("<3f", len(text), text.count("a"), 1))
def first_time():
    try:
        os.close(os.open(marks, os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False
"""


class Command(Embed):
    STEP = ("\n  - embed: {from: command, column: p, dimensions: 3, command: [/usr/bin/python3, p.py], normalize: false, "
            "batch: %d, time_limit: 2}\n")

    def program_of(self, body, batch=7):
        (self.folder / "mark").unlink(missing_ok=True)
        head = PROGRAM % str(self.folder / "mark")
        (self.folder / "p.py").write_text(head + "\n" + body)
        write_job(self.folder, steps=(self.STEP % batch).replace("p.py", str(self.folder / "p.py")))
        shutil.rmtree(self.folder / "out", ignore_errors=True)

    def input(self, documents=300, size=20):
        choose = random.Random(1)
        rows = [{"id": str(i), "text": "".join(choose.choice("abé\"\n") for _ in range(choose.randrange(size)))} for i in range(documents)]
        for n in range(3):
            self.documents(rows[n::3], f"{n}.jsonl")
        return {row["id"]: [len(row["text"]), row["text"].count("a"), 1] for row in rows}

    def good(self, expected, **options):
        self.succeeds(run(self.folder, **options))
        self.assertEqual({i: v.tolist() for i, v in vectors(self.folder, "p").items()}, expected)

    def test_is_what_the_program_says_on_all_ranks(self):
        expected, all_digests = self.input(), []
        for ranks in (1, 2, 3):
            self.program_of("for line in sys.stdin:\n    answer(json.loads(line)['text']); sys.stdout.flush()", batch=7)
            self.good(expected, ranks=ranks)
            all_digests.append(digests(self.folder))
        self.assertEqual(all_digests[1:], all_digests[:1] * 2)

    def test_chunks_are_the_text_as_it_stands(self):
        texts = ["A b, c. D e\nf!", "a", "", "...", "b " * 300 + "a"]
        self.documents([{"id": str(i), "text": text} for i, text in enumerate(texts)])
        body = "for line in sys.stdin:\n    answer(json.loads(line)['text']); sys.stdout.flush()"
        unit = lambda text: numpy.array([len(text), text.count("a"), 1]) / math.dist([0, 0, 0], [len(text), text.count("a"), 1])
        wanted = [["A b, c. ", "D e\nf!"], ["a"], [""], ["..."], ["b b b "] * 100 + ["a"]]
        for batch, ranks in ((7, 1), (1, 2), (1000, 1)):
            self.program_of(body, batch)
            job = self.folder / "job.yaml"
            job.write_text(job.read_text().replace("dimensions: 3", "dimensions: 3, chunk: 3"))
            self.succeeds(run(self.folder, ranks=ranks))
            for i, vector in vectors(self.folder, "p").items():
                numpy.testing.assert_allclose(vector, numpy.mean([unit(part) for part in wanted[int(i)]], axis=0), rtol=1e-5)

    def test_full_pipes_both_ways_are_no_deadlock(self):
        """A batch of more bytes than pipes hold, answered only at its end, and much said on stderr."""
        self.input(60, 60000)
        for more in ("pass", "sys.stderr.write('x' * 100000)"):
            self.program_of("for line in sys.stdin:\n    sys.stdout.buffer.write(struct.pack('<3f', len(line), 1, 1) * 5000)\n"
                            "    sys.stdout.flush(); %s" % more, 60)
            job = self.folder / "job.yaml"
            job.write_text(job.read_text().replace("dimensions: 3", "dimensions: 15000").replace("time_limit: 2", "time_limit: 20"))
            self.succeeds(run(self.folder))
            self.assertEqual({len(v) for v in vectors(self.folder, "p").values()}, {15000})
        self.program_of("texts = [json.loads(sys.stdin.readline())['text'] for _ in range(20)]\nfor t in texts: answer(t)\n"
                        "sys.stdout.flush()\nassert not sys.stdin.read()", 20)
        self.documents([{"id": str(i), "text": "a" * 50000} for i in range(20)], "0.jsonl")
        for name in "12":
            (self.folder / f"in/{name}.jsonl").unlink()
        self.good({str(i): [50000, 50000, 1] for i in range(20)})

    def test_dying_once_costs_nothing(self):
        expected = self.input()
        for death in ("os._exit(3)", "os.kill(os.getpid(), 9)", "answer('x'); sys.stdout.flush(); os._exit(0)", "os.close(1); time.sleep(60)"):
            self.program_of("n = 0\nfor line in sys.stdin:\n    n += 1\n    if n == 12 and first_time(): %s\n"
                            "    answer(json.loads(line)['text']); sys.stdout.flush()" % death)
            self.good(expected)

    def test_dying_always_hanging_and_garbage_are_errors(self):
        self.input()
        loop = "for line in sys.stdin:\n    %s\n    sys.stdout.flush()"
        for body, *says in (
                ("sys.exit('no\\nmodel')", "ended 4 times", "exit status 1", "its last words: no|model"),
                ("os.kill(os.getpid(), 11)", "ended 4 times", "ended by signal 11"),
                ("import nothing_like_this", "ended 4 times", "No module named"),
                (loop % "pass", "no answer to a batch within 2 s"),
                (loop % "sys.stdout.buffer.write(b'12345')", "no answer to a batch within 2 s", 'begins with "12345123451234512345123451234512345" (as'),
                ("time.sleep(60)", "no answer to a batch within 2 s"),
                ("print('Loading model', 'x' * 90, flush=True)\ntime.sleep(1)\n" + loop % "answer('x')", "more than the bytes",
                 'its stdout begins with "Loading model ' + "x" * 46 + '" (as text)'),
                ("print('usage: embed MODEL')", "ended 4 times", 'exit status 0; its stdout begins with "usage: embed MODEL." (as text)'),
                ("print('ok', flush=True)\n" + loop % "sys.stdout.buffer.write(struct.pack('<3f', 1, float('nan'), 1))", 'begins with "ok.'),
                (loop % "answer('x'); answer('y')", "more than the bytes", 'begins with "...?.......?'),
                ("for line in sys.stdin:\n    answer('x'); sys.stdout.flush()\nanswer('x')", "more than the bytes"),
                ("for line in sys.stdin:\n    answer('x'); sys.stdout.flush()\ntime.sleep(60)", "did not end within 2 s"),
                ("for line in sys.stdin:\n    answer('x'); sys.stdout.flush()\nsys.exit('late')", "exit status 1 after its last answer", "late"),
                (loop % "sys.stdout.buffer.write(struct.pack('<3f', 1, float('nan'), 1))", "not finite", "document"),
                (loop % "sys.stdout.buffer.write(struct.pack('<3f', 1, float('inf'), 1))", "not finite")):
            with self.subTest(body):
                self.program_of(body)
                self.fails("embed", *says)
        self.program_of("sys.exit(3)")
        self.fails("ended 4 times", ranks=2)
        write_job(self.folder, steps=(self.STEP % 7).replace("/usr/bin/python3", "/nowhere/python"))
        self.fails("cannot run '/nowhere/python'", "No such file")

    def test_the_recipe_says_what_it_needs(self):
        done = subprocess.run(["/usr/bin/python3", "-I", Path(__file__).parents[3] / "jobs/recipes/embed_sentences.py", "m"],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertIn("sentence-transformers", done.stderr)


if __name__ == "__main__":
    unittest.main()

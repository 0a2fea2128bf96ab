"""embed by tables of word vectors: text and safetensors, frequencies, common components."""

import json
import shutil
import unittest

import numpy

from embedded import Embed, vectors
from program import digests, run, write_job


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


if __name__ == "__main__":
    unittest.main()

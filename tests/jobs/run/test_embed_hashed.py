"""embed by hashed n-grams: what the oracle says of long texts, chunks and lists of frequencies."""

import math
import random
import shutil
import sys
import unittest
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).parents[2] / "oracle"))
import embed as oracle
from embedded import Embed, vectors
from program import digests, run, write_job


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
        for step in (self.STEP.replace("64", "64, frequencies: f.txt"),
                     "\n  - embed: {from: static, column: m, vectors: v.txt, frequencies: f.txt}\n"):
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


if __name__ == "__main__":
    unittest.main()

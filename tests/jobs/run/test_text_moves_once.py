"""Promise 3: no stage but the write pass sends text, and that one sends each survivor's once."""

import json
import random
import unittest

from program import InFolder, manifest, run, write_job

DOCUMENTS = 150
WORDS = 60
LETTERS = 2000  # of a word: a text is then some 2000 times its sketch


def documents():
    """Of each five, one is an exact copy and one a near-duplicate of another."""
    choose = random.Random(5)
    texts = []
    for i in range(DOCUMENTS):
        if i % 5 == 3:
            texts.append(texts[-1])
        elif i % 5 == 4:
            texts.append(texts[-1].rsplit(" ", 1)[0] + " end")
        else:
            texts.append(" ".join(choose.choice("abcdefgh") * choose.randrange(LETTERS, 2 * LETTERS)
                                  for _ in range(WORDS)))
    return texts


class TextMovesOnce(InFolder):
    def test_only_the_write_pass_sends_text_and_only_of_survivors(self):
        texts = documents()
        for number in range(3):
            self.put(f"{number}.jsonl", "".join(
                json.dumps({"id": f"d{i}", "text": text}) + "\n"
                for i, text in enumerate(texts) if i % 3 == number).encode())
        write_job(self.folder)
        self.succeeds(run(self.folder, ranks=3))
        counts = manifest(self.folder)
        self.assertEqual(counts["documents_kept"], DOCUMENTS * 3 // 5)
        record = manifest(self.folder, "run.json")
        moved = {stage["name"]: stage["counters"].get("bytes_exchanged", 0) for stage in record["stages"]}
        kept = sum(len(text) for text in set(texts) if not text.endswith(" end"))
        total = sum(len(text) for text in texts)
        self.assertGreaterEqual(moved["write"], kept)
        self.assertLess(moved.pop("write"), 1.01 * kept + 1000 * DOCUMENTS)
        self.assertGreater(moved["dedup.minhash"], 0)
        self.assertLess(sum(moved.values()), total / 50, moved)


if __name__ == "__main__":
    unittest.main()

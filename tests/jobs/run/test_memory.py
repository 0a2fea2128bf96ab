"""Resident memory stays inside --memory, on documents of every size and in large families."""

import json
import gzip
import random
import unittest

from program import InFolder, LONG, manifest, run, write_job

MIB = 1 << 20
BUDGET = 64 * MIB
COPIES = 40 if LONG else 10


def copies(number):
    """Edited copies of 120 texts of 0.3 KB to 1.5 MB: one word in fifty of each is another one."""
    sizes = random.Random(0)
    for text in range(120):
        words = 250_000 if text % 40 == 0 else sizes.choice([50, 500, 5000])
        original, edits = random.Random(text), random.Random(1000 * number + text)
        body = [f"w{original.randrange(9000)}" for _ in range(words)]
        for _ in range(words // 50 if number else 0):
            body[edits.randrange(words)] = f"e{edits.randrange(1 << 30)}"
        yield json.dumps({"id": f"{text}#{number}", "text": " ".join(body)}) + "\n"


class Memory(InFolder):
    def peak(self, ranks):
        done = run(self.folder, "--memory", str(BUDGET), ranks=ranks)
        self.succeeds(done)
        return max(manifest(self.folder, "run.json")["peak_memory"])

    def test_peak_stays_inside_the_budget(self):
        self.put("a.jsonl", b'{"id": "a", "text": "one small document"}\n')
        write_job(self.folder)
        empty = self.peak(2)  # the program, MPI and HDF5 themselves
        for number in range(COPIES):
            self.put(f"{number:02}.jsonl", "".join(copies(number)).encode())
        peak = self.peak(2)
        self.assertGreater(manifest(self.folder)["documents_in"], 120 * COPIES)
        self.assertLess(peak - empty, BUDGET, f"bytes beyond the {empty} of an empty job")

    def test_blocks_are_bounded_by_sketches_and_fields(self):
        """Text alone would let 250,000 documents without any, and one of 100 MB of fields, be a block."""
        self.put("a.jsonl", b'{"id": "a", "text": "one small document"}\n')
        write_job(self.folder)
        empty = self.peak(1)
        self.put("b.jsonl.gz", gzip.compress(b"".join(
            b'{"id": "%d", "text": ""}\n' % i for i in range(250_000)), 1))
        self.put("c.jsonl.gz", gzip.compress(b"".join(
            b'{"id": "c%d", "text": "word %d", "html": "%s"}\n' % (i, i, b"<p>" * 4000)
            for i in range(8000)), 1))
        peak = self.peak(1)
        self.assertLess(peak - empty, BUDGET, f"bytes beyond the {empty} of an empty job")


if __name__ == "__main__":
    unittest.main()

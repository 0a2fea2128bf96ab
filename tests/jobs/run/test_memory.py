"""Resident memory stays inside --memory, on documents of every size and in large families."""

import gzip
import json
import random
import shutil
import subprocess
import unittest

from program import BINARY, ENVIRONMENT, InFolder, LONG, lines, manifest, run, write_job

MIB = 1 << 20
BUDGET = 64 * MIB
SHORT_RECORDS = ", max_record: 3MiB"  # longer ones need a larger budget
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
    def peak(self, ranks, budget=BUDGET):
        done = run(self.folder, "--memory", str(budget), ranks=ranks)
        self.succeeds(done)
        return max(manifest(self.folder, "run.json")["peak_memory"])

    def test_peak_stays_inside_the_budget(self):
        self.put("a.jsonl", b'{"id": "a", "text": "one small document"}\n')
        write_job(self.folder, source=SHORT_RECORDS)
        empty = self.peak(2)  # the program, MPI and HDF5 themselves
        for number in range(COPIES):
            self.put(f"{number:02}.jsonl", "".join(copies(number)).encode())
        peak = self.peak(2)
        self.assertGreater(manifest(self.folder)["documents_in"], 120 * COPIES)
        self.assertLess(peak - empty, BUDGET, f"bytes beyond the {empty} of an empty job")

    def test_blocks_are_bounded_by_sketches_and_fields(self):
        """Text alone would let 250,000 documents without any, and one of 100 MB of fields, be a block."""
        self.put("a.jsonl", b'{"id": "a", "text": "one small document"}\n')
        write_job(self.folder, source=SHORT_RECORDS)
        empty = self.peak(1)
        self.put("b.jsonl.gz", gzip.compress(b"".join(
            b'{"id": "%d", "text": ""}\n' % i for i in range(250_000)), 1))
        self.put("c.jsonl.gz", gzip.compress(b"".join(
            b'{"id": "c%d", "text": "word %d", "html": "%s"}\n' % (i, i, b"<p>" * 4000)
            for i in range(8000)), 1))
        peak = self.peak(1)
        self.assertLess(peak - empty, BUDGET, f"bytes beyond the {empty} of an empty job")

    def test_the_longest_records_fit_the_smallest_budget(self):
        """Of what the job's own plan says it needs: documents of max_record, alike, of the kinds of
        which parser, shingles and sets hold most."""
        longest = 4 * MIB
        choose = random.Random(7)
        numbers = {"text": "small", "numbers": [1] * (longest // 2 - 100)}
        words = {"text": " ".join(choose.choices("abcdefgh0123456789", k=longest // 2 - 100))}
        digits = {"text": "".join(choose.choices("0123456789abcdef", k=longest - 200))}
        others = "".join(json.dumps({"text": " ".join(
            f"w{choose.randrange(999)}" for _ in range(300))}) + "\n" for _ in range(8000))
        kana = {"text": "".join(chr(choose.randrange(0x3041, 0x3091)) for _ in range(longest // 3 - 99))}
        by_shingles = "dedup.exact: {}\n  - dedup.minhash: {preset: %s}"
        for step, document in (("dedup.exact: {}", numbers), (by_shingles % "fineweb", words),
                               (by_shingles % "fineweb", kana), (by_shingles % "nemo", digits)):
            with self.subTest(step=step, fields=list(document)):
                write_job(self.folder, source=f", max_record: {longest}", steps=f"""
  - normalize: {{unicode: nfc}}
  - {step}""")
                (self.folder / "in/b.jsonl").unlink(missing_ok=True)
                self.put("a.jsonl", b'{"id": "a", "text": "one small document"}\n')
                plan = subprocess.run([BINARY, "plan", "job.yaml", "--json"], cwd=self.folder,
                                      capture_output=True, text=True, env=ENVIRONMENT)
                smallest = json.loads(self.succeeds(plan).stdout)["memory"]["smallest"]
                empty = self.peak(1, smallest)
                self.put("a.jsonl", (others + "".join(
                    json.dumps(dict(document, id=str(i), text=document["text"] + f" end{i}"),
                               separators=(",", ":"), ensure_ascii=False) + "\n" for i in range(3))).encode())
                peak = self.peak(1, smallest)
                self.assertEqual(manifest(self.folder)["quarantined"], 0)
                self.put("b.jsonl", lines(500))
                peak = max(peak, self.peak(1, smallest))  # a night on which what was decided stands
                print(f"{step}: {peak - empty:,} of {smallest:,} bytes")
                self.assertLess(peak - empty, smallest, f"bytes beyond the {empty} of an empty job")

    def test_nights_fit_the_smallest_budget(self):
        """Old documents' pairs are known, or are not, and nobody's decision stands; with steps before it."""
        longest = 4 * MIB
        between = "\n  - dedup.minhash: {preset: nemo, threshold: 0.95}"
        for keep, others, ranks in (("", 0, 2), ("keep: longest, ", 0, 1), ("keep: longest, ", 5, 3)):
            with self.subTest(keep=keep, others=others, ranks=ranks):
                shutil.rmtree(self.folder / "out", ignore_errors=True)
                write_job(self.folder, source=f", max_record: {longest}", steps=f"""
  - dedup.exact: {{}}{between * others}
  - dedup.minhash: {{preset: fineweb, {keep}cluster: witness}}
  - split: {{train: 0.9, test: 0.1}}""")
                self.put("b.jsonl", lines(1000))
                (self.folder / "in/a.jsonl").unlink(missing_ok=True)
                plan = subprocess.run([BINARY, "plan", "job.yaml", "--json", "--ranks", str(ranks)], cwd=self.folder,
                                      capture_output=True, text=True, env=ENVIRONMENT)
                smallest = json.loads(self.succeeds(plan).stdout)["memory"]["smallest"]
                self.peak(ranks, smallest)
                self.put("c.jsonl", lines(1100)[len(lines(1000)):])
                self.peak(ranks, smallest)
                self.put("c.jsonl", lines(1050)[len(lines(1000)):])
                self.peak(ranks, smallest)
                self.put("a.jsonl", lines(1150)[len(lines(1100)):])
                self.peak(ranks, smallest)
                (self.folder / "in/c.jsonl").unlink()


if __name__ == "__main__":
    unittest.main()

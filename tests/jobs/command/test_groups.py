"""`groups` against the ledger that the same program prints, grouped again here."""

import json
import os
import random
import subprocess
import tempfile
import unittest
from fractions import Fraction
from pathlib import Path

BINARY = os.environ["SHARDMILL_BIN"]
ENVIRONMENT = dict(os.environ, SHARDMILL_PROGRESS="none")
JOB = """
dataset: d
output: out
sources:
  - {name: notes, read: notes/**, format: text}
  - {name: lines, read: lines.jsonl}
steps:
  - dedup.exact: {}
  - dedup.minhash: {preset: lee2021, threshold: 0.5}
"""


def shardmill(folder, *words):
    done = subprocess.run([BINARY, *words], cwd=folder, env=ENVIRONMENT, text=True,
                          capture_output=True, timeout=120)
    if done.returncode:
        raise AssertionError(done.stderr)
    return done.stdout


def text(rng, words=120):
    return [f"w{rng.randrange(10 ** 6)}" for _ in range(words)]


class Groups(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder, rng = Path(folder.name), random.Random(5)
        (cls.folder / "notes/deep").mkdir(parents=True)
        (cls.folder / "job.yaml").write_text(JOB)
        lines = []
        for group in range(12):  # of 1 to 12 documents: the first whole, others ever less alike
            words = text(rng)
            (cls.folder / f"notes/deep/{group:02}.txt").write_text(" ".join(words))
            for member in range(group):
                changed = words[:len(words) - member] + text(rng, member)
                lines.append(json.dumps({"id": f"{group}-{member}", "text": " ".join(changed)}))
        (cls.folder / "lines.jsonl").write_text("\n".join(lines) + "\n")
        shardmill(cls.folder, "run", "job.yaml", "--memory", "256MiB")
        cls.ledger = [json.loads(line) for fate in ("dropped", "kept") for line in
                      shardmill(cls.folder, "ledger", "out", "--json", "--fate", fate).splitlines()]

    def groups(self, *words):
        return [json.loads(line) for line in
                shardmill(self.folder, "groups", "out", "--json", *words).splitlines()]

    def expected(self):
        members = {}
        for row in self.ledger:
            if row["fate"] == "dropped" and row["witness"]:
                members.setdefault(row["witness_key"], set()).add((row["id"], row["key"]))
        return members

    def test_every_group_is_there_with_all_that_was_dropped_for_it(self):
        expected = self.expected()
        self.assertGreater(len(expected), 8)
        found = {group["witness_key"]: {(m["id"], m["key"]) for m in group["dropped"]}
                 for group in self.groups("--most", "1000")}
        self.assertEqual(found, expected)

    def test_largest_groups_first_and_no_more_than_asked_for(self):
        near = {}
        for row in self.ledger:
            if row["reason"] == "near_duplicate":
                near[row["witness_key"]] = near.get(row["witness_key"], 0) + 1
        sizes = [group["near_duplicates"] for group in self.groups("--most", "5")]
        self.assertEqual(sizes, sorted(near.values(), reverse=True)[:5])

    def test_it_says_where_documents_came_from_and_what_the_kept_one_reads(self):
        for group in self.groups():
            witness = group["witness"]
            self.assertEqual(witness["fate"], "kept")
            self.assertEqual(witness["source"], "notes")
            written = (self.folder / "notes" / witness["path"]).read_text()
            self.assertTrue(written.startswith(group["excerpt"].rstrip("…")), group["excerpt"])
            self.assertGreater(len(group["excerpt"]), 100)
            self.assertEqual({member["path"] for member in group["dropped"]}, {"lines.jsonl"})

    def test_the_least_similar_come_first_and_identical_ones_last(self):
        for group in self.groups():
            near = [m for m in group["dropped"] if m["reason"] == "near_duplicate"]
            self.assertEqual(group["dropped"][:len(near)], near)
            scores = [Fraction(m["score"]["num"], m["score"]["den"]) for m in near]
            self.assertEqual(scores, sorted(scores))

    def test_the_text_names_the_same_documents(self):
        shown = shardmill(self.folder, "groups", "out", "--most", "2")
        for group in self.groups("--most", "2"):
            self.assertIn(group["witness"]["path"], shown)
            self.assertIn(group["excerpt"], shown)
            self.assertIn(group["dropped"][0]["id"], shown)

    def test_a_dataset_without_duplicates(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "notes").mkdir()
            (folder / "notes/one.txt").write_text("a single document")
            (folder / "lines.jsonl").write_text('{"text": "and another one of its own"}\n')
            (folder / "job.yaml").write_text(JOB)
            shardmill(folder, "run", "job.yaml", "--memory", "256MiB")
            self.assertEqual(shardmill(folder, "groups", "out", "--json"), "")
            self.assertIn("no document", shardmill(folder, "groups", "out"))


if __name__ == "__main__":
    unittest.main()

"""A small dataset of two nights, made by the program, for the tests of commands that look at it."""

import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import published

BINARY = os.environ.get("SHARDMILL_BIN", "")

JOB = """dataset: small
output: out
seed: 7
sources:
  - {name: web, read: web/*.jsonl}
  - {name: books, read: books/*.jsonl}
steps:
  - exclude: {ids: down.txt}
  - filter: {min_words: 3}
  - dedup.exact: {}
  - dedup.minhash: {preset: bigcode}
  - split: {train: 0.7, validation: 0.3, by: cluster}
write:
  text: {shard_size: 6KiB}
tolerate: {records: 0.1}
"""


def run(*arguments, cwd=None):
    return subprocess.run([BINARY, *map(str, arguments)], cwd=cwd, capture_output=True, text=True)


def lines(records):
    return "".join(r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) + "\n"
                   for r in records)


def corpus(rng):
    """Two nights of documents by source; every kind of fate, and ids that are used twice."""
    def text():
        return " ".join("w%d" % rng.randrange(500) for _ in range(60))

    texts = [text() for _ in range(90)]
    web = [{"id": "d%d" % i, "text": t, "stars": i, "meta": {"a": [i, 1.5]}}
           for i, t in enumerate(texts)]
    for i in range(12):
        near = texts[i].split()
        near[2] = "changed"
        web.append({"id": "near%d" % i, "text": " ".join(near), "score": i + 0.5})
    web += [{"id": "copy%d" % i, "text": texts[30 + i], "split": "mine"} for i in range(6)]
    web += [{"id": "twice", "text": text(), "stars": i} for i in range(8)]
    web += [{"id": "tiny", "text": "so short"}, {"id": "gone", "text": text()}, "{broken\n",
            {"id": "line\nend \"é\"\t✓", "flag": True,
             "text": "Zürich \u0001 \"quoted\" \\ " + text()}]
    rng.shuffle(web)
    books = [{"id": "b%d" % i, "text": texts[60 + i] + " at its end", "stars": 2.5}
             for i in range(8)]
    later = [{"id": "later%d" % i, "text": text()} for i in range(20)]
    later += [{"id": "twice", "text": text()}, {"id": "late copy", "text": texts[3]}]
    return web, books, later


def edit(change):
    """Damage for a copy of a snapshot: what `change` does to the content of its manifest."""
    def damage(copy):
        content = json.loads((copy / "manifest.json").read_text())
        change(content)
        (copy / "manifest.json").write_text(json.dumps(content))
    return damage


class SmallDataset(unittest.TestCase):
    job = JOB

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="shardmill commands ")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        web, books, later = corpus(random.Random(20240229))
        (cls.folder / "web").mkdir()
        (cls.folder / "books").mkdir()
        for part in range(3):
            (cls.folder / ("web/%d.jsonl" % part)).write_text(lines(web[part::3]))
        (cls.folder / "books/a.jsonl").write_text(lines(books))
        (cls.folder / "down.txt").write_text("gone\n")
        (cls.folder / "job.yaml").write_text(cls.job)
        cls.make()
        (cls.folder / "web/later.jsonl").write_text(lines(later))
        cls.make()
        cls.dataset = cls.folder / "out"
        cls.snapshot = cls.dataset / "snapshots/000002"
        cls.manifest = json.loads((cls.snapshot / "manifest.json").read_text())
        cls.texts = published.tables(cls.snapshot, "text")
        cls.ledger = published.tables(cls.snapshot, "ledger")
        cls.clusters = published.tables(cls.snapshot, "clusters")

    @classmethod
    def make(cls):
        made = run("run", "job.yaml", cwd=cls.folder)
        if made.returncode != 0:
            raise AssertionError("run failed: " + made.stderr)

    def call(self, *arguments, status=0):
        result = run(*arguments)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result.stdout

    def rows(self, tables):
        return [row for _, rows in tables.values() for row in rows]

    def damaged(self, damage, *expected):
        """What verify says of a copy that `damage(copy)` has changed: each of `expected` is in it."""
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.snapshot, copy)
        damage(copy)
        text = self.call("verify", copy, status=1)
        for part in expected:
            self.assertIn(part, text)
        return text

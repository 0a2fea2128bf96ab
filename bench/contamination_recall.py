#!/usr/bin/python3
"""What `decontaminate` finds of benchmark items that were planted in real documents, by score, kind of edit and
length of the item, and what it finds where nothing is.

    bench/contamination_recall.py DATA [--ranks N] [--program FILE] [--hashed COSINE]

DATA has benchmarks/*.jsonl.zst (items: id, question or text) and contamination/train.jsonl.zst (documents) with
contamination/truth.jsonl.zst: a row for each planted passage (doc_id, label contaminated or hard_negative, item_id,
kind). A document without a row is clean. --hashed adds the score `embedding` over hashed vectors, with this
threshold; it takes minutes. Nothing here shares code with the program: its ledger is read with h5py.
"""

import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

import h5py
import zstandard

ROOT = Path(__file__).resolve().parents[1]
SCORES = ["aligned", "part", "short", "ngram", "coverage", "idf"]
SHORT = 13  # words; items with fewer


def rows(path):
    with zstandard.open(path, "rb") as lines:
        return [json.loads(line) for line in lines.read().split(b"\n") if line]


def words(text):
    """Near enough to tell short items from long ones, and items of the same words."""
    return tuple(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold()))


def strings(column):
    data, at = column["bytes"][:].tobytes(), column["offsets"][:]
    return [data[begin:end].decode() for begin, end in zip(at, at[1:])]


def ledger(folder):
    """{document id: [(item, detector)]}"""
    found = collections.defaultdict(list)
    for path in sorted((folder / "current/ledger").glob("*.h5")):
        with h5py.File(path) as shard:
            columns = {name: strings(shard["columns"][name]) for name in ("id", "witness", "detector")}
        for id_, witness, detector in zip(columns["id"], columns["witness"], columns["detector"]):
            if detector:
                found[id_].append((witness.split("/", 1)[1], detector))
    return found


class Truth:
    def __init__(self, data):
        self.data = Path(data)
        self.words_of = {row["id"]: words(row.get("question") or row["text"])
                         for path in sorted((self.data / "benchmarks").glob("*.jsonl.zst")) for row in rows(path)}
        planted = rows(self.data / "contamination/truth.jsonl.zst")
        self.planted = [row for row in planted if row["label"] == "contaminated"]
        self.dirty = {row["doc_id"] for row in self.planted}
        self.hard = {row["doc_id"] for row in planted} - self.dirty
        ids = {row["id"] for row in rows(self.data / "contamination/train.jsonl.zst")}
        self.clean = ids - self.dirty - self.hard

    def run(self, folder, settings, program, ranks):
        (folder / "job.yaml").write_text(
            f"dataset: c\noutput: out\nsources: [{{name: c, read: {self.data}/contamination/train.jsonl.zst}}]\n"
            f"tables: {{benchmarks: {{read: {self.data}/benchmarks/*.jsonl.zst}}}}\n"
            f"steps: [{{decontaminate: {{against: benchmarks, action: report{settings}}}}}]\n")
        command = [str(program), "run", "job.yaml", "--memory", "1GiB"]
        done = subprocess.run(["mpirun", "-n", str(ranks), *command] if ranks > 1 else command, cwd=folder,
                              capture_output=True, text=True, env=dict(os.environ, SHARDMILL_PROGRESS="none"))
        if done.returncode:
            sys.exit(done.stderr)
        return Result(self, ledger(folder / "out"))


class Result:
    def __init__(self, truth, found):
        self.counts = collections.defaultdict(lambda: [0, 0])  # (kind, length) -> found, planted
        for row in truth.planted:
            wanted = truth.words_of[row["item_id"]]
            hit = any(truth.words_of[item] == wanted for item, _ in found[row["doc_id"]])
            for length in ("all", "short" if len(wanted) < SHORT else "long"):
                self.counts[row["kind"], length][0] += hit
                self.counts[row["kind"], length][1] += 1
        self.true = sum(bool(found[id_]) for id_ in truth.dirty)
        self.hard = sum(bool(found[id_]) for id_ in truth.hard)
        self.clean = sum(bool(found[id_]) for id_ in truth.clean)

    def recall(self, kind, length="all"):
        found, planted = self.counts[kind, length]
        return found / planted

    @property
    def precision(self):
        """Of the documents found among those with an item and those with a hard negative."""
        return self.true / (self.true + self.hard)


def measure(data, program, ranks=1, hashed=None):
    """{name: Result} of the default decision and of each score alone."""
    truth, settings = Truth(data), {"default": "", **{score: f", decide: {score}" for score in SCORES}}
    if hashed:
        settings["embedding"] = f", decide: embedding, embed: hashed, embedding: {hashed}, planted: 0"
    with tempfile.TemporaryDirectory() as name:
        return truth, {score: truth.run(Path(name), more, program, ranks) for score, more in settings.items()}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--ranks", type=int, default=1)
    arguments.add_argument("--program", type=Path, default=ROOT / "build/release/shardmill")
    arguments.add_argument("--hashed", metavar="COSINE")
    given = arguments.parse_args()
    truth, results = measure(given.data.resolve(), given.program.resolve(), given.ranks, given.hashed)
    kinds = sorted({row["kind"] for row in truth.planted})
    print("recall: items of %d words and more, shorter ones; planted" % SHORT)
    print("%-14s" % "kind" + "".join("%16s" % score for score in results) + "%14s" % "planted")
    for kind in kinds:
        cells = ["%8.3f%8.3f" % (result.recall(kind, "long"), result.recall(kind, "short")) for result in results.values()]
        planted = [results["default"].counts[kind, length][1] for length in ("long", "short")]
        print("%-14s" % kind + "".join(cells) + "%9d%5d" % tuple(planted))
    for name, total in (("hard", len(truth.hard)), ("clean", len(truth.clean))):
        print("%-14s" % ("found, " + name) + "".join("%16d" % getattr(r, name) for r in results.values()) + "%14d" % total)
    print("%-14s" % "precision" + "".join("%16.4f" % result.precision for result in results.values()))


if __name__ == "__main__":
    main()

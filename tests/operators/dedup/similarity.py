"""Near-duplicates by the definition, in plain Python: words, shingle sets, exact similarity; and the
program under test, run on a list of documents and seen through its ledger alone."""

import json
import os
import subprocess
import sys
import tempfile
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path += [str(ROOT), str(ROOT / "tests/oracle")]

from published import read_table  # noqa: E402
from text import words  # noqa: E402
from tests.mpi_environment import MPI_ENVIRONMENT  # noqa: E402

BINARY = os.environ.get("SHARDMILL_BIN", str(ROOT / "build/release/shardmill"))
ENVIRONMENT = {**os.environ, **MPI_ENVIRONMENT, "SHARDMILL_PROGRESS": "none"}

# unit, words or characters of a shingle, bands, rows, threshold
PRESETS = {"fineweb": ("words", 5, 14, 8, Fraction("0.75")),
           "dolma3": ("words", 5, 26, 11, Fraction("0.8")),
           "bigcode": ("words", 5, 25, 10, Fraction("0.7")),
           "nemo": ("characters", 24, 20, 13, Fraction("0.8"))}


@lru_cache(maxsize=1 << 20)
def words_of_line(line):
    """No word and no normalisation reaches over a line feed, and versions share most lines."""
    return words(line)


def words_of(text):
    return [word for line in text.split("\n") for word in words_of_line(line)]


class Similarity:
    """Exact Jaccard similarity of the documents {id: text}, by sets of what shingles are."""

    def __init__(self, documents, unit, size):
        self.documents, self.unit, self.size = documents, unit, size
        self.set_of = lru_cache(maxsize=256)(self._set_of)  # a set takes some hundred KB
        self.memo = {}

    def _set_of(self, id_):
        listed = words_of(self.documents[id_])
        if not listed:
            return frozenset()
        if self.unit == "characters":
            joined = " ".join(listed)
            return frozenset(joined[i : i + self.size]
                             for i in range(max(len(joined) - self.size, 0) + 1))
        shifted = [listed[i:] for i in range(self.size)]
        return frozenset(zip(*shifted)) if len(listed) >= self.size else frozenset([tuple(listed)])

    def score(self, a, b):
        """(size of the intersection, size of the union)"""
        if (a, b) not in self.memo:
            first, second = self.set_of(a), self.set_of(b)
            common = len(first & second)
            self.memo[a, b] = self.memo[b, a] = (common, len(first) + len(second) - common)
        return self.memo[a, b]

    def jaccard(self, a, b):
        return Fraction(*self.score(a, b))


def recall(similarity, bands, rows):
    """Probability that a pair shares a band (Leskovec, Rajaraman, Ullman, chapter 3)."""
    return 1 - (1 - float(similarity) ** rows) ** bands


def ledger_of(documents, settings, ranks=1, spill=False):
    """{id: ledger row} of a run of dedup.minhash on [(id, text)], in this order."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open(folder / "in.jsonl", "w", encoding="utf-8", newline="\n") as file:
            for id_, text in documents:
                file.write(json.dumps({"id": id_, "text": text}, ensure_ascii=False) + "\n")
        (folder / "job.yaml").write_text(json.dumps({
            "dataset": "d", "output": "out", "sources": [{"name": "s", "read": "in.jsonl"}],
            "steps": [{"dedup.minhash": settings}]}))
        command = [BINARY, "run", "job.yaml"]
        if ranks > 1:
            command = ["mpirun", "-n", str(ranks)] + command
        environment = dict(ENVIRONMENT, **({"SHARDMILL_FORCE_SPILL": "1"} if spill else {}))
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True,
                              timeout=300)
        if done.returncode != 0:
            raise AssertionError("exit code %d: %s" % (done.returncode, done.stderr))
        rows = [row for path in sorted((folder / "out/current/ledger").glob("*.h5"))
                for row in read_table(path)[1]]
    if sorted(row["id"] for row in rows) != sorted(id_ for id_, _ in documents):
        raise AssertionError("the ledger does not have one row for each document")
    return {row["id"]: row for row in rows}


def kept(documents, ledger):
    return [(id_, text) for id_, text in documents if ledger[id_]["fate"] == "kept"]

"""What the pages of documentation contain that can be checked, and a place where it must work."""

import os
import random
import re
import subprocess
import tempfile
from pathlib import Path

import zstandard

from tests.mpi_environment import MPI_ENVIRONMENT

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]

# Stands for the launcher: the program under test, with mpirun when several ranks are asked for.
LAUNCHER = """#!/bin/bash
ranks=1 words=()
while (($#)); do
  if [[ $1 == --ranks ]]; then ranks=$2; shift; else words+=("$1"); fi
  shift
done
if ((ranks > 1)); then exec mpirun -n "$ranks" "$SHARDMILL_BIN" "${words[@]}"; fi
exec "$SHARDMILL_BIN" "${words[@]}"
"""


def marked(page, mark):
    """[(rest of the mark, contents)] of the fenced blocks below `<!-- mark: rest -->`."""
    pattern = rf"<!-- {mark}(?:: (.*?))? -->\n```\w+\n(.*?)```"
    return re.findall(pattern, page.read_text(), re.DOTALL)


def table(page, mark):
    """The names in the first column of the table below `<!-- mark -->`."""
    rows = page.read_text().split(f"<!-- {mark} -->\n")[1].split("\n\n")[0].splitlines()[2:]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]


class Place:
    """A folder with the README's job file, a corpus for it, and `./shardmill`."""

    def __init__(self, test):
        folder = tempfile.TemporaryDirectory(prefix="docs ")
        test.addClassCleanup(folder.cleanup)
        self.path = Path(folder.name)
        self.environment = {**os.environ, **MPI_ENVIRONMENT, "SHARDMILL_PROGRESS": "none"}
        (self.path / "shardmill").write_text(LAUNCHER)
        (self.path / "shardmill").chmod(0o755)
        for name, job in marked(ROOT / "README.md", "job"):
            (self.path / name).write_text(job)
        (self.path / "benchmarks").mkdir()
        (self.path / "benchmarks/quiz.jsonl").write_text('{"question": "Which word comes before all the others here?"}\n')
        self.write_corpus(random.Random(11))

    def write_corpus(self, rng):
        texts = []
        for i in range(300):
            words = [f"word{rng.randrange(4000)}" for _ in range(40)]
            if i % 3 == 2:  # nearly the one before
                words = texts[-1].split()[:-1] + words[:1]
            texts.append(" ".join(words))
        (self.path / "corpus/docs/deep").mkdir(parents=True)
        for i, text in enumerate(texts[:20]):
            (self.path / f"corpus/docs/deep/a{i}.txt").write_text(text)
        lines = "".join('{"url": "page %d", "body": "%s"}\n' % pair for pair in enumerate(texts))
        compressed = zstandard.compress(lines.encode())
        (self.path / "corpus/pages.jsonl.zst").write_bytes(compressed)

    def run(self, command):
        return subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=self.path, text=True,
                              env=self.environment, capture_output=True, timeout=300)

"""Benchmarks of pieces come to their end, on inputs too small to say anything."""

import json
import os
import random
import subprocess
import tempfile
import unittest
from pathlib import Path

from tests.built_with import lacks
from tests.checkout import ROOT
from tests.mpi_environment import MPI_ENVIRONMENT

ENVIRONMENT = {**os.environ, **MPI_ENVIRONMENT, "SHARDMILL_PROGRESS": "none", "SHARDMILL_NO_INSTALL": "1"}


class BenchmarksRun(unittest.TestCase):
    def setUp(self):
        if Path(os.environ["SHARDMILL_BIN"]).resolve() != (ROOT / "build/release/shardmill").resolve():
            self.skipTest("benchmarks measure build/release, and this is another build")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def runs(self, *command):
        done = subprocess.run(["/usr/bin/python3", ROOT / "bench" / command[0], *command[1:]], cwd=self.folder, text=True,
                              capture_output=True, timeout=200, env=ENVIRONMENT)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_tokens(self):
        words = random.Random(1)
        (self.folder / "corpus").mkdir()
        (self.folder / "corpus/a.jsonl").write_text("".join(json.dumps({"id": str(i), "text": " ".join(
            f"w{words.randrange(900)}" for _ in range(300))}) + "\n" for i in range(100)))
        said = self.runs("tokens", "corpus", "work", "--tokenize", "encoding: bytes", "--repeat", "1", "--length", "64",
                         "--memory", "512MiB")
        for figure in ("tokenise and write: ", "written again, beside a plain file: ", "random samples of 64: "):
            self.assertIn(figure, said)

    def test_vectors(self):
        if lacks("dedup.semantic"):
            self.skipTest("the build lacks " + lacks("dedup.semantic"))
        said = self.runs("vectors", "work", "--vectors", "2000", "--ranks", "1")
        self.assertRegex(said, r"dedup\.semantic +\d")


if __name__ == "__main__":
    unittest.main()

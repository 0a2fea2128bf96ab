"""`doctor` with the real program on the machine of the test."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from tests.mpi_environment import MPI_ENVIRONMENT

BINARY = os.environ["SHARDMILL_BIN"]
ENVIRONMENT = {**os.environ, **MPI_ENVIRONMENT}


class Doctor(unittest.TestCase):
    def setUp(self):
        name = tempfile.TemporaryDirectory()
        self.addCleanup(name.cleanup)
        self.folder = Path(name.name)

    def call(self, *arguments, ranks=1):
        command = [BINARY, "doctor", *map(str, arguments)]
        if ranks > 1:
            command = ["mpirun", "-n", str(ranks)] + command
        return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120)

    def test_this_machine_is_good_enough_and_nothing_is_left(self):
        (self.folder / "there").mkdir()
        for ranks, name in ((1, "there"), (2, "there"), (3, "new")):
            done = self.call(self.folder / name, "--scratch", self.folder, "--json", ranks=ranks)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            lines = json.loads(done.stdout)
            self.assertEqual({line["health"] for line in lines} - {"ok", "slow"}, set(), lines)
            told = "\n".join(line["what"] for line in lines)
            self.assertIn(f"{ranks} rank", lines[0]["what"])
            for what in ("same program", "same dataset folder", "renames, hard links and locks", "clocks are", "memory of a rank",
                         "the dataset's folder is written", "scratch is written"):
                self.assertIn(what, told)
            self.assertEqual("rows go to other ranks" in told, ranks > 1)
        self.assertEqual([str(path) for path in self.folder.rglob("*")], [str(self.folder / "there")])
        self.assertRegex(self.call(self.folder / "there").stdout, r"(?m)^ok     all ranks run the same program$")

    def test_a_folder_that_cannot_be(self):
        (self.folder / "file").write_text("")
        done = self.call(self.folder / "mistyped/deep")
        self.assertEqual((done.returncode, done.stdout, (self.folder / "mistyped").exists()), (1, "", False))
        for ranks in (1, 2):
            done = self.call(self.folder / "file/below", ranks=ranks)
            self.assertEqual(done.returncode, 1)
            self.assertIn("cannot be written", done.stderr)
            self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()

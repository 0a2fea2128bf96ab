"""`./shardmill demo`, the real launcher and program on this machine's own documents.

The launcher is copied beside the program under test, so that nothing is built here. With
SHARDMILL_LONG=1 the demo is the one that users see; otherwise it reads fewer headers.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

BINARY = Path(os.environ["SHARDMILL_BIN"]).resolve()
SOURCE = Path(__file__).parents[2]
LONG = os.environ.get("SHARDMILL_LONG") == "1"
FEWER = [] if LONG else ["--set", "sources.headers.read=/usr/include/c++/**"]
ROOTS = {"copyright": "/usr/share/doc", "manual": "/usr/share/man",
         "headers": "/usr/include" if LONG else "/usr/include/c++"}


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="a demo ")
        cls.addClassCleanup(folder.cleanup)
        cls.root = Path(folder.name)
        (cls.root / "build/release").mkdir(parents=True)
        for name in ["cmake", "cluster", "engine", "operators", "jobs/recipes"]:
            (cls.root / name).mkdir(parents=True)
        for name in ["CMakeLists.txt", "CMakePresets.json", "shardmill", "jobs/recipes/demo.yaml"]:
            shutil.copy(SOURCE / name, cls.root / name)
        (cls.root / "build/release/shardmill").symlink_to(BINARY)
        time.sleep(0.05)  # file times have a grain
        (cls.root / "build/release/.built").touch()
        cls.first = cls.demo()
        cls.data = cls.root / "build/demo/data"

    @classmethod
    def demo(cls, *words, **settings):
        # One night under the ctest settings of MPI, which a launcher of a user would make itself.
        environment = dict(os.environ, SHARDMILL_NO_INSTALL="1", **settings)
        return subprocess.run([cls.root / "shardmill", "demo", "--ranks", "2", *FEWER, *words],
                              text=True, capture_output=True, timeout=600, env=environment)

    def manifest(self):
        return json.loads((self.data / "current/manifest.json").read_text())

    def test_a_it_publishes_and_says_what_it_did(self):
        self.assertEqual(self.first.returncode, 0, self.first.stderr)
        manifest, said = self.manifest(), self.first.stderr.replace(",", "")
        self.assertGreater(manifest["documents_in"], 100)
        dropped = [n for reasons in manifest["dropped"].values() for n in reasons.values()]
        for number in [manifest["documents_in"], manifest["documents_kept"], *dropped]:
            self.assertRegex(said, rf"\b{number}\b")
        self.assertEqual(manifest["documents_in"], manifest["documents_kept"] + sum(dropped))
        self.assertIn(f"{self.data}/current/text/*/*.h5", self.first.stderr)

    def test_b_it_reads_every_copyright_file(self):
        read = {i["path"] for i in self.manifest()["inputs"] if i["source"] == "copyright"}
        there = {str(path.relative_to("/usr/share/doc")) for path in
                 Path("/usr/share/doc").glob("*/copyright") if path.is_file()}
        self.assertEqual(read, there)

    def test_c_it_shows_three_groups_of_documents_that_are_there(self):
        groups = self.first.stdout.split("\nstands for ")[1:]
        self.assertEqual(len(groups), 3, self.first.stdout)
        for group in groups:
            members = re.findall(r"^  (?:kept|dropped) +(\w+): (.+)$", group, re.MULTILINE)
            self.assertGreaterEqual(len(members), 2, group)
            for source, path in members:
                self.assertTrue(os.path.exists(os.path.join(ROOTS[source], path)), path)

    def test_d_the_commands_it_proposes_work(self):
        proposed = re.findall(rf"^  {re.escape(str(self.root))}/shardmill (\w+) "
                              rf"{re.escape(str(self.data))} ?(\S*)$", self.first.stderr, re.MULTILINE)
        self.assertEqual([command for command, _ in proposed], ["explain", "verify"])
        for command, word in proposed:
            done = subprocess.run([BINARY, command, self.data, *([word] if word else [])],
                                  text=True, capture_output=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_e_again_it_is_a_night_without_changes(self):
        again = self.demo()
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("nothing changed", again.stderr)
        self.assertEqual(again.stdout, self.first.stdout)
        self.assertEqual(os.readlink(self.data / "current"), "snapshots/000001")

    def test_f_a_source_that_matches_nothing_is_left_out(self):
        recipe = self.root / "jobs/recipes/demo.yaml"
        was = recipe.read_text()
        self.addCleanup(recipe.write_text, was)
        recipe.write_text(was.replace("/usr/share/man/**/*.gz", "/nowhere/**/*.gz"))
        (self.root / "build/release/.built").touch()
        place = self.root / "elsewhere"
        done = self.demo("--set", "sources.copyright.read=/usr/share/doc/lib*/copyright",
                         "--set", "sources.headers.read=/usr/include/*.h",
                         SHARDMILL_DEMO_DIR=str(place))
        self.assertEqual(done.returncode, 0, done.stderr)
        manifest = json.loads((place / "data/current/manifest.json").read_text())
        self.assertEqual({i["source"] for i in manifest["inputs"]}, {"copyright", "headers"})


if __name__ == "__main__":
    unittest.main()

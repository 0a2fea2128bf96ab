"""docs/orchestrators.md: the task runs; each orchestrator's file is imported where its package is installed."""

import ast
import os
import subprocess
import sys
import unittest

from documents import ROOT, Place, marked

PYTHON = os.environ.get("SHARDMILL_ORCHESTRATOR_PYTHON", sys.executable)  # one that has the packages


class Orchestrators(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Place(cls)
        cls.files = dict(marked(ROOT / "docs/orchestrators.md", "orchestrator"))
        for name, code in cls.files.items():
            (cls.place.path / name).write_text(code)

    def test_the_task_makes_a_snapshot_and_raises_when_it_cannot(self):
        done = self.place.run("/usr/bin/python3 -c 'from night import night; print(night()[\"snapshot\"])'")
        self.assertEqual((done.returncode, done.stdout), (0, "1\n"), done.stderr)
        done = self.place.run("mv nightly.yaml away.yaml; /usr/bin/python3 -c 'from night import night; night()' || status=$?\n"
                              "mv away.yaml nightly.yaml; exit $status")
        self.assertEqual(done.returncode, 1)
        self.assertIn("shardmill ended with 2", done.stderr)

    def test_each_is_imported_with_its_package(self):
        self.assertEqual(len(self.files), 4)
        for name, code in self.files.items():
            package = name.split("_")[0]
            imported = {node.names[0].name if isinstance(node, ast.Import) else node.module.split(".")[0]
                        for node in ast.walk(ast.parse(code)) if isinstance(node, (ast.Import, ast.ImportFrom))}
            if name == "night.py":
                continue
            with self.subTest(name):
                self.assertLess({package, "night"}, imported | {"json"})
                looked = subprocess.run([PYTHON, "-c", "import %s" % package], capture_output=True)
                if looked.returncode:
                    self.skipTest("no package %s" % package)
                done = subprocess.run([PYTHON, "-c", "import " + name[:-3]], cwd=self.place.path, capture_output=True, text=True,
                                      env=dict(self.place.environment, PYTHONPATH="", AIRFLOW_HOME=str(self.place.path / "airflow")))
                self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()

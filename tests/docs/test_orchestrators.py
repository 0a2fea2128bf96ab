"""docs/orchestrators.md: the task runs; each orchestrator's file is imported with its package.

With CI=true the packages are installed into build/orchestrators, from where this machine's pip takes them; otherwise
they are those of the Python that SHARDMILL_ORCHESTRATOR_PYTHON names, or of this one.
"""

import ast
import os
import subprocess
import sys
import unittest

from documents import ROOT, Place, marked

PACKAGES = {"airflow": "apache-airflow>=3", "prefect": "prefect", "luigi": "luigi"}


def python_with_packages():
    """A Python that may have the packages."""
    named = os.environ.get("SHARDMILL_ORCHESTRATOR_PYTHON")
    if named or os.environ.get("CI") != "true":
        return named or sys.executable
    bin = ROOT / "build/orchestrators/bin"
    # uv, since pip looks at so many versions of Airflow's packages that it takes more than ten minutes.
    for command in ([sys.executable, "-m", "venv", bin.parent], [bin / "pip", "install", "-q", "uv"],
                    [bin / "uv", "pip", "install", "-q", "--python", bin / "python", *PACKAGES.values()]):
        done = subprocess.run(["timeout", "300", *command], capture_output=True, text=True)
        if done.returncode:
            print("no packages, exit code %d: %s" % (done.returncode, (done.stderr or done.stdout)[-500:]))
            return sys.executable
    return bin / "python"


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
        self.assertEqual(len(self.files), 1 + len(PACKAGES))
        python = python_with_packages()
        for name, code in self.files.items():
            package = name.split("_")[0]
            imported = {node.names[0].name if isinstance(node, ast.Import) else node.module.split(".")[0]
                        for node in ast.walk(ast.parse(code)) if isinstance(node, (ast.Import, ast.ImportFrom))}
            if name == "night.py":
                continue
            with self.subTest(name):
                self.assertLess({package, "night"}, imported | {"json"})
                self.assertIn(package, PACKAGES)
                looked = subprocess.run([python, "-c", "import %s" % package], capture_output=True)
                if looked.returncode:
                    self.skipTest("no package %s" % package)
                done = subprocess.run([python, "-c", "import " + name[:-3]], cwd=self.place.path, capture_output=True, text=True,
                                      env=dict(self.place.environment, PYTHONPATH="", AIRFLOW_HOME=str(self.place.path / "airflow")))
                self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()

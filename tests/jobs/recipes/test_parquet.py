"""The Parquet recipe, from a file that pyarrow wrote to the published columns."""

import datetime
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

try:
    import pyarrow
    import pyarrow.parquet
except ImportError:
    pyarrow = None

BINARY = os.environ["SHARDMILL_BIN"]
RECIPE = Path(__file__).parents[3] / "jobs/recipes/parquet_lines.py"
JOB = """\
dataset: d
output: out
sources:
  - {name: p, read: "*.parquet", format: command, command: [python3, parquet_lines.py]}
"""


@unittest.skipIf(pyarrow is None, "python3 has no pyarrow")
class Parquet(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="shardmill-parquet-"))
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copy(RECIPE, self.folder)
        (self.folder / "job.yaml").write_text(JOB)

    def shardmill(self, *arguments):
        return subprocess.run([BINARY, *arguments], cwd=self.folder, capture_output=True, text=True,
                              env=dict(os.environ, SHARDMILL_PROGRESS="none"), timeout=120)

    def write(self, rows, **options):
        table = pyarrow.Table.from_pylist(rows)
        pyarrow.parquet.write_table(table, self.folder / "a.parquet", **options)

    def test_every_row_and_value_arrives(self):
        day = datetime.date(2024, 2, 29)
        rows = [{"id": f"d{i}", "text": f"ümlaut 漢字 {i}", "score": float("nan") if i % 3 == 0 else i / 2,
                 "day": day, "raw": b"bytes", "tags": ["a", "b"] if i % 2 else None}
                for i in range(3000)]
        self.write(rows, row_group_size=700)
        done = self.shardmill("run", "job.yaml")
        self.assertEqual(done.returncode, 0, done.stderr)
        seen = {}
        for line in self.shardmill("export", "out", "--format", "jsonl", "--to", "-").stdout.splitlines():
            document = json.loads(line)
            seen[document["id"]] = document
        self.assertEqual(len(seen), 3000)
        for i, row in enumerate(rows):
            got = seen[row["id"]]
            self.assertEqual((got["text"], got["raw"], got["day"]), (row["text"], "bytes", "2024-02-29"))
            self.assertEqual(got.get("score"), None if i % 3 == 0 else i / 2)
            self.assertEqual(got.get("tags"), row["tags"])

    def test_a_torn_file_fails_as_a_whole(self):
        self.write([{"id": str(i), "text": "x" * 100} for i in range(500)])
        path = self.folder / "a.parquet"
        path.write_bytes(path.read_bytes()[:-100])
        done = self.shardmill("run", "job.yaml")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("a.parquet", done.stderr)


if __name__ == "__main__":
    unittest.main()

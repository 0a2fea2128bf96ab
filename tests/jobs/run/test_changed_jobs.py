"""A job that changes between two runs publishes what a fresh run of the new job publishes."""

import hashlib
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

BINARY = os.environ["SHARDMILL_BIN"]
JOB = """dataset: changed
output: out
seed: %d
sources:
%s
steps:
%s
"""
BOTH = "  - {name: a, read: a.jsonl}\n  - {name: b, read: b.jsonl}"


class ChangedJobs(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        for name in "ab":
            lines = [json.dumps({"id": name + str(i), "text": "document %d" % i}) for i in range(40)]
            (self.folder / (name + ".jsonl")).write_text("\n".join(lines))

    def run_job(self, seed, sources, output="out", steps="  - dedup.exact"):
        (self.folder / "job.yaml").write_text(JOB % (seed, sources, steps))
        done = subprocess.run([BINARY, "run", "job.yaml", "--set", "output=" + output],
                              cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        current = self.folder / output / "current"
        return {str(path.relative_to(current)): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in current.rglob("*.h5")}

    def test_another_seed_is_another_order(self):
        before = self.run_job(0, BOTH)
        changed = self.run_job(1, BOTH)
        self.assertNotEqual(before, changed)
        self.assertEqual(changed, self.run_job(1, BOTH, output="fresh"))

    def test_a_source_may_come_and_only_it_is_read(self):
        first = BOTH.split("\n")[0]
        self.run_job(0, first)
        self.run_job(0, BOTH)
        record = json.loads((self.folder / "out/current/run.json").read_text())
        self.assertEqual(record["fragments_read"], 1)
        self.assertEqual(record["fragments"], 2)

    def test_a_source_may_leave(self):
        self.run_job(0, BOTH)
        left = self.run_job(0, BOTH.split("\n")[0])
        self.assertEqual(left, self.run_job(0, BOTH.split("\n")[0], output="fresh"))

    def test_a_step_that_changes_is_done_again_with_those_after_it(self):
        minhash, others = "  - dedup.minhash: {preset: fineweb, threshold: %s}", "  - dedup.exact\n"
        orders = ((others + minhash, 1), (minhash + "\n" + others, 2), (minhash + "\n" + minhash % 0.95, 2))
        for number, (steps, computed) in enumerate(orders):
            with self.subTest(steps):
                self.run_job(0, BOTH, f"out{number}", steps=steps % 0.75)
                changed = self.run_job(0, BOTH, f"out{number}", steps=steps % 0.7)
                record = json.loads((self.folder / f"out{number}/current/run.json").read_text())
                self.assertEqual((record["fragments_read"], record["steps_computed"]), (0, computed))
                self.assertEqual(changed, self.run_job(0, BOTH, f"fresh{number}", steps=steps % 0.7))


if __name__ == "__main__":
    unittest.main()

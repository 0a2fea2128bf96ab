"""What a check keeps from being published, what it only tells, and what is left of it."""

import json
import subprocess
import unittest

from checks import Checks, lines, record
from program import BINARY, ENVIRONMENT, manifest, published


class Gate(Checks):
    def test_what_fails_is_not_published_but_kept(self):
        self.put("a.jsonl", lines(range(100)))
        self.job("row_count: {min: 10}", "completeness: {column: author, min: 0.8}", shard_size="2KiB")
        self.passes()
        before, current = published(self.folder), self.current()
        self.put("b.jsonl", lines(range(100, 150), author=None))
        for ranks in (1, 2):
            done = self.fails(ranks=ranks)
            self.assertIn("  ! check completeness:author failed: 0.6 (90 of 150), allowed at least 0.8\n", done.stderr)
            [said] = [line for line in done.stderr.splitlines() if line.startswith("shardmill: ")]
            self.assertTrue(said.startswith("shardmill: 1 of 2 checks failed (completeness:author: 0.6 (90 of 150), "
                                            "allowed at least 0.8); nothing published: "), said)
            self.assertIn("--despite-checks", said)
            self.assertEqual(done.stdout, "")
            self.assertEqual((published(self.folder), self.current()), (before, current))
        staging = self.staging()
        self.assertEqual(staging.name, ".staging-000002")
        self.assertIn("NOT PUBLISHED", (staging / "report.txt").read_text())
        self.assertIn("check completeness:author failed", (staging / "report.html").read_text())
        self.assertTrue((staging / "report.txt").read_text().splitlines()[1].endswith(".staging-000002"))
        inspected = subprocess.run([BINARY, "inspect", staging, "--json"], cwd=self.folder, env=ENVIRONMENT, capture_output=True)
        self.assertEqual(json.loads(inspected.stdout)["documents_kept"], 150)
        # The same shards are published when somebody says so, and are not written again.
        inodes = {path.name: path.stat().st_ino for path in (staging / "text").rglob("*.h5")}
        said = json.loads(self.passes("--despite-checks", "--json").stdout)
        self.assertEqual((said["published"], said["checks"]["failed"]), (True, ["completeness:author"]))
        text = self.folder / "out/current/text"
        self.assertEqual({path.name: path.stat().st_ino for path in text.rglob("*.h5")}, inodes)
        self.assertEqual(self.profiled(), 0)
        record = json.loads((self.folder / "out/current/checks.json").read_text())
        self.assertEqual((record["despite_checks"], record["snapshot"], record["parent"]), (True, 2, 1))
        self.assertFalse(list((self.folder / "out/snapshots").glob(".staging-*")))
        # Nothing changed: nothing is checked, and what was published stays.
        done = self.passes("--json")
        self.assertIn("nothing changed", done.stderr)
        self.assertNotIn("completeness:author", done.stderr)
        self.assertEqual(json.loads(done.stdout)["checks"], {"passed": 0, "skipped": 0, "warned": [], "failed": []})

    def test_the_flag_alone_records_nothing(self):
        self.put("a.jsonl", lines(range(10)))
        self.job("row_count: {min: 10}")
        self.passes("--despite-checks")
        self.assertFalse(json.loads((self.folder / "out/current/checks.json").read_text())["despite_checks"])

    def test_a_warning_is_told_everywhere_and_stops_nothing(self):
        self.put("a.jsonl", lines(range(10)))
        self.job("row_count: {min: 11, level: warn, name: enough}", "row_count: {min: 10}", "dup_rate: {max: 1, level: warn}")
        done = self.passes("--json")
        self.assertIn("warning: check enough failed: 10, allowed at least 11", done.stderr)
        self.assertIn("! check enough failed", done.stderr)
        self.assertEqual(json.loads(done.stdout)["checks"], {"passed": 2, "skipped": 0, "warned": ["enough"], "failed": []})
        current = self.folder / "out/current"
        self.assertIn("enough", (current / "report.txt").read_text())
        self.assertIn("| enough | failed | 10 | at least 11 |", (current / "data_card.md").read_text())
        log = [json.loads(line) for line in (self.folder / "out/log/rank-0.jsonl").read_text().splitlines()]
        self.assertTrue(any(line["level"] == "warning" and "enough" in line["event"] for line in log))
        report = json.loads(subprocess.run([BINARY, "report", "out", "--json"], cwd=self.folder, env=ENVIRONMENT,
                                           capture_output=True, text=True).stdout)
        self.assertEqual([check["name"] for check in report["checks"]], ["enough", "row_count", "dup_rate"])
        self.assertFalse(report["refused"])

    def test_the_json_line_of_a_refused_run(self):
        self.put("a.jsonl", lines(range(10)))
        self.job("row_count: {max: 9}", "row_count: {min: 1, name: some}")
        said = json.loads(self.fails("--json").stdout)
        self.assertEqual((said["snapshot"], said["published"], said["current"]), (None, False, None))
        self.assertEqual(said["checks"], {"passed": 1, "skipped": 0, "warned": [], "failed": ["row_count"]})
        self.assertEqual(said["path"], str(self.staging()))

    def test_a_dry_run_checks_nothing_and_leaves_a_refused_snapshot(self):
        self.put("a.jsonl", lines(range(10)))
        self.job("row_count: {min: 11}")
        self.fails()
        self.passes("--dry-run")
        self.assertTrue((self.staging() / "checks.json").exists())

    def test_mending_the_input_mends_the_snapshot(self):
        self.put("a.jsonl", lines(range(100)))
        self.job("completeness: {column: author, min: 0.9}")
        self.passes()
        bad = self.put("b.jsonl", lines(range(100, 150), author=None))
        self.fails()
        bad.unlink()
        self.passes()
        self.assertEqual(manifest(self.folder)["documents_kept"], 100)
        self.assertFalse(list((self.folder / "out/snapshots").glob(".staging-*")))


if __name__ == "__main__":
    unittest.main()

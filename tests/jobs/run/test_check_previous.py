"""Checks that compare with the snapshot before."""

import json
import unittest

from checks import Checks, lines
from program import run, write_job


class Previous(Checks):
    CHECKS = ("change_vs_previous: {max: 0.2}", "change_vs_previous: {of: documents_in, max: 0.2, source: s, name: read}",
              "drift: {column: lang, max: 0.1}", "drift: {column: score, measure: ks, max: 0.2}",
              "drift: {column: n, measure: psi, max: 0.2}")

    def outcomes(self, folder=None):
        return {name: check["outcome"] for name, check in self.found(folder).items()}

    def test_without_a_snapshot_before_there_is_nothing_to_compare(self):
        self.put("a.jsonl", lines(range(100)))
        self.job(*self.CHECKS)
        self.passes()
        self.assertEqual(set(self.outcomes().values()), {"skipped"})
        self.assertTrue(all(check["note"] == "there is no snapshot before" for check in self.found().values()))

    def test_a_column_that_was_not_profiled_before(self):
        self.put("a.jsonl", lines(range(100)))
        self.job(self.CHECKS[0])
        self.passes()
        self.put("b.jsonl", lines(range(100, 110)))
        self.job(*self.CHECKS)
        self.passes()
        self.assertEqual(list(self.outcomes().values()), ["ok", "ok", "skipped", "skipped", "skipped"])

    def test_a_column_that_is_gone_fails(self):
        self.put("a.jsonl", lines(range(100)))
        checks = ("in_range: {column: n, min: 0}", "in_set: {column: lang, values: [en, de, fr]}", "quantile: {column: n, q: 0.5, min: 0}",
                  "drift: {column: n, measure: ks, max: 0.2}", "uniqueness: {column: n, level: warn}")
        self.job(*checks)
        run(self.folder, "--despite-checks")
        self.put("a.jsonl", lines(range(100)).replace(b'"n"', b'"m"').replace(b'"lang"', b'"language"'))
        done = run(self.folder)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(set(self.outcomes(next((self.folder / "out/snapshots").glob(".staging-*"))).values()), {"failed"})
        self.assertIn("no document has a value", done.stderr)

    def test_a_night_like_the_one_before_and_one_that_is_not(self):
        self.put("a.jsonl", lines(range(100)))
        self.job(*self.CHECKS)
        self.passes()
        self.put("b.jsonl", lines(range(100, 110)))
        self.passes()
        self.assertEqual(set(self.outcomes().values()), {"ok"})
        self.assertEqual(self.found()["change_vs_previous"]["numerator"], 10)
        self.put("c.jsonl", lines(range(200, 300), lang="fr"))
        self.fails()
        self.assertEqual(self.outcomes(self.staging()), {"change_vs_previous": "failed", "read": "failed", "drift:lang": "failed",
                                                         "drift:score": "ok", "drift:n": "failed"})

    def test_a_source_that_is_nearly_gone_is_told_unasked(self):
        path = self.put("a.jsonl", lines(range(100)))
        write_job(self.folder, steps="\n  - dedup.exact: {}\n")
        self.passes()
        path.write_bytes(lines(range(10)))
        self.assertNotIn("source_loss", self.passes().stderr)
        self.put("a.jsonl", lines(range(100)))
        self.passes()
        path.write_bytes(lines(range(9)))
        done = self.passes("--json")
        self.assertIn("warning: check source_loss:s failed: 0.91 (91 of 100), allowed at most 0.9", done.stderr)
        self.assertEqual(json.loads(done.stdout)["checks"]["warned"], ["source_loss:s"])
        self.assertIn("source_loss:s", (self.folder / "out/current/report.html").read_text())
        # Read, and then dropped.
        path.write_bytes(lines(range(100)))
        self.passes()
        path.write_bytes(lines(range(100), text="the same"))
        self.passes()
        loss = self.found()["source_loss:s"]
        self.assertEqual((loss["numerator"], loss["denominator"]), (99, 100))
        self.assertIn("kept", loss["note"])


if __name__ == "__main__":
    unittest.main()

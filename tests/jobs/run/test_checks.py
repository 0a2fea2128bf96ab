"""`checks`: what each measures, and how mistakes in them are told."""

import json
import shutil
import subprocess
import unittest

import h5py

from checks import MEMORY, Checks, lines
from program import BINARY, ENVIRONMENT, manifest, run

# check, settings that pass, settings that do not, what is measured
EACH = [
    ("row_count", "min: 100, max: 100", "min: 101", (100, 1)),
    ("row_count", "max: 100", "max: 99", (100, 1)),
    ("completeness", "column: author, min: 0.9", "column: author, min: 0.900000000000001", (90, 100)),
    ("uniqueness", "column: id", None, (100, 100)),
    ("uniqueness", "column: lang, min: 0.02", "column: lang", (2, 100)),
    ("in_range", "column: score, min: 0, max: 0.99", "column: score, min: 0, max: 0.98", None),
    ("in_range", "column: n, min: 0, share: 0.5", "column: n, min: 0, share: 0.51", (50, 100)),
    ("in_range", "column: n, max: -0.5, share: 0.5", "column: n, max: -0.5, share: 0.6", (50, 100)),
    ("in_range", "column: lang, min: 0, share: 0", "column: lang, min: 0, share: 0.01", (0, 100)),
    ("in_set", "column: lang, values: [en, fr], share: 0.75", "column: lang, values: [en, fr]", (75, 100)),
    ("in_set", "column: n, values: [1, 2, 2.0, 2.5], share: 0.02", "column: n, values: [1, 2, 3.5], share: 0.03", (2, 100)),
    ("in_set", "column: good, values: true, share: 0.5", "column: good, values: [true, x], share: 0.6", (50, 100)),
    ("pattern", "column: id, regex: '^[a-z]/[0-9]+$'", "column: id, regex: '^[0-9]'", None),
    ("pattern", "column: lang, regex: 'e$', share: 0.25", "column: lang, regex: '(?-i)E', share: 0.1", None),
    ("pattern", "column: n, regex: '1', share: 0", "column: n, regex: '1', share: 0.1", (0, 100)),
    ("quantile", "column: n, q: 0.5, min: -1, max: -1", "column: n, q: 0.5, min: 0", -1.0),
    ("quantile", "column: score, q: 1, min: 0.99", "column: score, q: 0, min: 0.01", None),
    ("quantile", "column: text, q: 0.5, min: 7, max: 7", "column: text, q: 0.5, max: 6", 7.0),
    ("dup_rate", "max: 0", None, (0, 100)),
    ("removal_share", "max: 0", None, (0, 100)),
]


class Each(Checks):
    def test_each_check_both_ways(self):
        self.put("a.jsonl", lines(range(100)))
        good = [f"{name}: {{{settings}, name: c{i}}}" for i, (name, settings, _, _) in enumerate(EACH)]
        bad = {i: f"{name}: {{{settings}, name: c{i}}}" for i, (name, _, settings, _) in enumerate(EACH) if settings}
        self.job(*bad.values())
        self.fails()
        self.assertEqual({name: check["outcome"] for name, check in self.found(self.staging()).items()},
                         {f"c{i}": "failed" for i in bad})
        self.job(*good)
        self.passes()
        found = self.found()
        for i, (name, settings, _, value) in enumerate(EACH):
            check = found[f"c{i}"]
            self.assertEqual(check["outcome"], "ok", (name, settings, check))
            if isinstance(value, tuple):
                self.assertEqual((check["numerator"], check["denominator"]), value, settings)
            elif value is not None:
                self.assertEqual((check["measured"], check["denominator"]), (value, None), settings)

    def test_rates_of_what_steps_drop(self):
        self.put("a.jsonl", lines(range(60)) + lines(range(60, 100), text="the same text"))
        steps = "\n  - dedup.exact: {}\n  - filter: {where: 'n >= -40'}\n"
        for wanted, code in (("0.49", 0), ("0.48", 3)):
            self.job(f"dup_rate: {{max: 0.{39 if code == 0 else 38}}}", f"removal_share: {{max: {wanted}}}",
                     f"removal_share: {{max: 0.1, step: filter, source: s}}", steps=steps)
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            self.assertEqual(run(self.folder, *MEMORY).returncode, code)
            found = self.found(self.staging() if code else None)
            self.assertEqual([(c["numerator"], c["denominator"]) for c in found.values()], [(39, 100), (49, 100), (10, 100)])

    def test_contamination_dropped_or_reported(self):
        item = "which of the planets has the largest number of moons around it today"
        self.put("a.jsonl", lines(range(97)) + lines(range(97, 100), text=item + " they say"))
        (self.folder / "quiz.jsonl").write_text(json.dumps({"id": "q", "text": item}) + "\n")
        for action in ("drop_document", "report"):
            steps = f"\n  - decontaminate: {{against: quiz.jsonl, planted: 0, action: {action}}}\n"
            self.job("contamination_rate: {max: 0.02}", steps=steps)
            self.fails()
            check = self.found(self.staging())["contamination_rate"]
            self.assertEqual((check["numerator"], check["denominator"]), (3, 100))
            self.job("contamination_rate: {max: 0.03}", steps=steps)
            self.passes()

    def test_of_one_split(self):
        self.put("a.jsonl", lines(range(100)))
        self.job("row_count: {min: 1, split: a}", "row_count: {min: 1, split: b}", "row_count: {min: 100}",
                 steps="\n  - split: {a: 0.5, b: 0.5}")
        self.passes()
        counts = [check["numerator"] for check in self.found().values()]
        self.assertEqual(counts[0] + counts[1], counts[2])
        self.assertEqual(counts[0], manifest(self.folder)["splits"]["a"])

    def test_a_pattern_that_would_never_end_gives_up(self):
        self.put("a.jsonl", lines(range(20)) + lines(range(20, 23), lang="a" * 200 + "!"))
        self.job("pattern: {column: lang, regex: '^(a+)+$|e', share: 0.8}")
        self.passes()
        check = self.found()["pattern:lang"]
        self.assertEqual((check["numerator"], check["denominator"]), (20, 23))
        self.assertIn("3 values took the pattern too long", check["note"])


class Mistakes(Checks):
    def test_a_column_that_no_document_has(self):
        self.put("a.jsonl", lines(range(10)))
        for ranks in (1, 2):
            self.job("completeness: {column: autor, min: 0.5}")
            self.refused(run(self.folder, *MEMORY, ranks=ranks), 4,
                         "job.yaml:8:28: check completeness: no document has the column `autor`; did you mean `author`?")
            self.assertFalse((self.folder / "out/store/profiles").exists())

    def test_a_column_that_some_epochs_have(self):
        self.put("a.jsonl", lines(range(10)))
        self.job("row_count: {min: 1}")
        self.passes()
        self.put("b.jsonl", lines(range(10, 20), extra="x"))
        self.job("completeness: {column: extra, min: 0.5}", "in_set: {column: extra, values: x}")
        self.passes()
        self.assertEqual(self.found()["completeness:extra"]["denominator"], 20)

    def test_a_damaged_shard_of_the_snapshot_before_is_no_source_of_profiles(self):
        self.put("a.jsonl", lines(range(10)))
        self.job("row_count: {min: 1}")
        self.passes()
        [shard] = (self.folder / "out/current/text").rglob("*.h5")
        with h5py.File(shard, "r+") as file:
            del file["columns/lang"]
        self.job("in_set: {column: lang, values: [en, de]}")
        self.passes("--fresh")
        self.assertEqual(self.found()["in_set:lang"]["denominator"], 10)

    def test_the_plan_lists_them(self):
        self.put("a.jsonl", lines(range(10)))
        self.job("completeness: {column: author, min: 0.5, level: warn}", "row_count: {min: 7, name: enough}")
        plan = [BINARY, "plan", "job.yaml"]
        text = subprocess.run(plan, cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True).stdout
        self.assertRegex(text, r"completeness:author +warns +column author, min 0.5\n")
        self.assertRegex(text, r"enough +stops +min 7\n")
        said = json.loads(subprocess.run([*plan, "--json", "--set", "checks.row_count.min=8"], cwd=self.folder, env=ENVIRONMENT,
                                         capture_output=True, text=True).stdout)
        self.assertEqual([(check["name"], check["settings"].get("min", {}).get("value")) for check in said["checks"]],
                         [("completeness:author", "0.5"), ("enough", "8")])


if __name__ == "__main__":
    unittest.main()

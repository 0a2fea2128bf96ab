"""What monitoring and readers get of a run: log/metrics.prom and data_card.md."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from contamination_folder import CATS, FILLER, ContaminationFolder, lines
from program import manifest, run, write_job

from tests.checkout import ROOT



def promtool():
    """Where it is, once taken out of Debian's package, which installed whole takes 300 MB and starts a daemon; or None."""
    kept = ROOT / "build/tools/promtool"
    found = shutil.which("promtool") or (str(kept) if kept.exists() else None)
    if found or not shutil.which("apt-get") or os.environ.get("SHARDMILL_NO_INSTALL") == "1":
        return found
    with tempfile.TemporaryDirectory() as folder:
        for command in ("apt-get download prometheus", "dpkg-deb -x prometheus_*.deb .", f"mkdir -p {kept.parent}",
                        f"mv usr/bin/promtool {kept}"):
            if subprocess.run(command, shell=True, cwd=folder, capture_output=True, timeout=200).returncode != 0:
                return None
    return str(kept)


PROMTOOL = promtool()
SAMPLE = re.compile(r'([a-z_]+)\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)+)\} (-?[0-9.e+]+)')


class Observed(ContaminationFolder):
    def metrics(self):
        """{family: {labels: value}}; refuses what promtool's linter or the textfile collector does."""
        text, found, family = (self.folder / "out/log/metrics.prom").read_text(), {}, None
        self.assertTrue(text.endswith("\n"))
        for line in text.splitlines():
            if line.startswith("# HELP "):
                family = line.split(" ")[2]
                self.assertNotIn(family, found, "a family once")
                self.assertRegex(family, r"^shardmill_[a-z_]+$")
                self.assertNotRegex(family, r"_(total|count|sum|bucket|info|milliseconds|kilobytes|gauge)$")
                found[family] = {}
            elif line.startswith("# TYPE "):
                self.assertEqual(line.split(" ")[2:], [family, "gauge"])
            else:
                name, labels, value = SAMPLE.fullmatch(line).groups()  # no time behind the value
                self.assertEqual(name, family)
                self.assertNotIn(labels, found[family])
                found[family][labels] = float(value)
        if PROMTOOL:
            checked = subprocess.run([PROMTOOL, "check", "metrics"], input=text, text=True, capture_output=True)
            self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))
        return found

    def test_promtool_is_asked(self):
        """The rules of metrics() are its rules, written down for where it cannot be had."""
        if not PROMTOOL:
            self.skipTest("no promtool, and no package `prometheus` to take it from")
        for bad in ("shardmill_x 1 2 3\n", "# HELP shardmill_x_total y\n# TYPE shardmill_x_total gauge\nshardmill_x_total 1\n",
                    "# TYPE shardmill_x gauge\nshardmill_x 1\n"):
            asked = subprocess.run([PROMTOOL, "check", "metrics"], input=bad, text=True, capture_output=True)
            self.assertNotEqual(asked.returncode, 0, bad)

    def test_metrics_are_those_of_the_last_run_and_outlive_a_failure(self):
        self.input(FILLER, FILLER + CATS, FILLER * 2, FILLER)
        self.job("{against: b/*.jsonl}")
        self.succeeds(run(self.folder, ranks=2))
        first = self.metrics()
        self.assertEqual(first["shardmill_documents_in"], {'dataset="d",source="s"': 4})
        self.assertEqual(first["shardmill_documents_kept"], {'dataset="d",source="s"': 3})
        self.assertEqual(first["shardmill_documents_dropped"], {'dataset="d",step="decontaminate",reason="contaminated"': 1})
        self.assertEqual(first["shardmill_benchmark_items_dirty"], {'dataset="d",step="decontaminate",benchmark="quiz"': 1})
        self.assertEqual(first["shardmill_last_run_exit_code"], {'dataset="d"': 0})
        ended, = first["shardmill_last_run_timestamp_seconds"].values()
        self.put("broken.jsonl", b"{\n")
        self.assertEqual(run(self.folder).returncode, 4)
        failed = self.metrics()
        self.assertEqual(failed["shardmill_last_run_exit_code"], {'dataset="d"': 4})
        self.assertGreater(*[next(iter(m["shardmill_last_run_timestamp_seconds"].values())) for m in (failed, first)])
        for family in ("shardmill_last_success_timestamp_seconds", "shardmill_documents_kept", "shardmill_snapshot"):
            self.assertEqual(failed[family], first[family])
        (self.folder / "in/broken.jsonl").unlink()
        self.assertIn("nothing changed", self.succeeds(run(self.folder)).stderr)
        again = self.metrics()
        self.assertEqual((again["shardmill_last_run_exit_code"], again["shardmill_snapshot"]), ({'dataset="d"': 0}, {'dataset="d"': 1}))
        self.assertGreater(next(iter(again["shardmill_last_success_timestamp_seconds"].values())), ended)
        # What cannot be written fails no run.
        (self.folder / "out/log/metrics.prom").unlink()
        (self.folder / "out/log/metrics.prom").mkdir()
        self.assertIn("metrics.prom", self.succeeds(run(self.folder)).stderr)

    def test_metrics_say_which_checks_failed(self):
        def check(name, level):
            return f'dataset="d",check="{name}",level="{level}"'

        few = check(r'a \"few\"', "warn")
        write_job(self.folder, steps="\n  - dedup.exact: {}\n", extra="checks:\n  - row_count: {min: 2, max: 2}\n"
                  "  - row_count: {max: 1, level: warn, name: 'a \"few\"'}\n"
                  "  - drift: {column: text, max: 1}\n")  # without a snapshot before it is skipped
        self.input(FILLER)
        self.assertEqual(run(self.folder).returncode, 3)  # the first run ever
        refused = self.metrics()
        self.assertEqual(refused["shardmill_check_failed"], {check("row_count", "error"): 1, few: 0})
        self.assertEqual(refused["shardmill_last_run_exit_code"], {'dataset="d"': 3})
        self.assertNotIn("shardmill_snapshot", refused)
        self.input(FILLER, FILLER * 2)
        self.succeeds(run(self.folder))
        passed = self.metrics()
        self.assertEqual(passed["shardmill_check_failed"], {check("row_count", "error"): 0, few: 1})
        self.put("more.jsonl", lines([{"id": "more", "text": FILLER * 3}]))
        self.assertEqual(run(self.folder, ranks=2).returncode, 3)
        refused = self.metrics()
        self.assertEqual(refused["shardmill_check_failed"],
                         {check("row_count", "error"): 1, few: 1, check("drift:text", "error"): 0})
        self.assertEqual(refused["shardmill_snapshot"], {'dataset="d"': 1})
        # Back to what is published: nothing is checked, and what its checks said holds.
        (self.folder / "in/more.jsonl").unlink()
        self.assertIn("nothing changed", self.succeeds(run(self.folder)).stderr)
        self.assertEqual(self.metrics()["shardmill_check_failed"], passed["shardmill_check_failed"])

    def test_a_data_card_says_what_the_snapshot_is(self):
        self.input(FILLER, FILLER + CATS, FILLER * 2, FILLER + "|more <b>")
        self.job("{against: b/*.jsonl, action: drop_document, planted: 20}", more="  - split: {train: 0.5, te_st: 0.5}")
        self.succeeds(run(self.folder))
        card = (self.folder / "out/current/data_card.md").read_text()
        said = manifest(self.folder)
        for split, documents in said["splits"].items():
            self.assertRegex(card, r"\| %s \| %d \|" % (re.escape(split.replace("_", r"\_")), documents))
        self.assertIn("| s | 4 | 3 | 75.0 % |", card)
        self.assertIn("| decontaminate | 1 | 3 | 75.0 % |", card)
        self.assertIn("| quiz | 3 | 1 | 33.3 % |", card)
        self.assertIn("paraphrases and translations were not planted", card)
        self.assertIn(said["logical_digest"], card)
        self.assertIn("action: drop\\_document", card)
        self.assertRegex(card, r"\A---\npretty_name: \"d\"\nsize_categories:\n- n<1K\n---\n\n# d\n")
        code = card.split("```python\n")[1].split("```")[0]
        done = subprocess.run(["/usr/bin/python3", "-c", code + "    print(len(texts))"], cwd=self.folder / "out/current",
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        first = max(said["splits"].items(), key=lambda split: split[1])
        self.assertEqual(sum(map(int, done.stdout.split())), first[1])
        (self.folder / "out/current/data_card.md").unlink()
        self.assertIn("data_card.md", self.outcome("verify", "out").stdout)


if __name__ == "__main__":
    unittest.main()

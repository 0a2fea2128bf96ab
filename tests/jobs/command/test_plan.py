"""`plan` with the real program: what it says is what a run then does."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

BINARY = os.environ.get("SHARDMILL_BIN")
JOB = """\
dataset: planned
output: out
sources:
  - {name: a, read: a/*.jsonl}
  - {name: b, read: b/*.jsonl}
steps:
  - normalize: {}
  - dedup.minhash: {preset: fineweb, rows: 6}
  - filter: {min_words: 2}
  - split: {train: 0.9, test: 0.1}
"""


@unittest.skipUnless(BINARY, "needs SHARDMILL_BIN")
class Plan(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="shardmill-plan-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        for source in "ab":
            (self.folder / source).mkdir()
            for n in range(3):
                self.write(source, n)
        (self.folder / "job.yaml").write_text(JOB)

    def write(self, source, n, extra=""):
        lines = [json.dumps({"text": "document %d of file %d in %s %s" % (i, n, source, extra)})
                 for i in range(4)]
        (self.folder / source / ("%d.jsonl" % n)).write_text("\n".join(lines) + "\n")

    def command(self, *arguments, **variables):
        environment = dict(os.environ, SHARDMILL_PROGRESS="none", **variables)
        return subprocess.run([BINARY, *arguments], cwd=self.folder, env=environment,
                              capture_output=True, text=True, timeout=120)

    def plan(self, *more, **variables):
        done = self.command("plan", "job.yaml", "--json", *more, **variables)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def run_job(self):
        done = self.command("run", "job.yaml", "--memory", "256MiB")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_it_says_which_settings_changed(self):
        self.assertEqual((self.plan()["newest"], self.plan()["changes"]), (None, []))
        self.run_job()
        self.assertEqual((self.plan()["newest"], self.plan()["changes"]), (1, []))
        changed = lambda *more: [(c["setting"], c["before"], c["now"]) for c in self.plan(*more)["changes"]]
        self.assertEqual(changed("--set", "steps.dedup.minhash.threshold=0.9"),
                         [("steps.dedup.minhash.threshold", "0.75", "0.9")])
        # Written out or left to the preset: the same.
        self.assertEqual(changed("--set", "steps.dedup.minhash.bands=14", "--set", "seed=0"), [])
        text = lambda *options: self.command("plan", "job.yaml", *options).stdout
        self.assertIn("another shard_size writes again", text("--set", "write.text.shard_size=1MiB"))
        self.assertNotIn("another shard_size", text("--set", "seed=3", "--set", "sources.a.columns.shard_size=x"))
        self.assertEqual(changed("--set", "seed=3", "--set", "write.text.shard_size=1MiB"),
                         [("seed", "0", "3"), ("steps.dedup.minhash.seed", "0", "3"), ("write.text.shard_size", "268435456", "1048576")])
        text = (self.folder / "job.yaml").read_text()
        (self.folder / "job.yaml").write_text(text.replace("  - normalize: {}\n", "").replace("  - {name: b, read: b/*.jsonl}\n", "  - {name: b, read: [b/*.jsonl, c/*]}\n"))
        changes = changed()
        self.assertIn(("steps", "normalize, dedup.minhash, filter, split", "dedup.minhash, filter, split"), changes)
        self.assertIn(("steps.normalize.unicode", "nfc", "-"), changes)
        self.assertIn("sources.b.read", [setting for setting, _, _ in changes])
        self.assertIn("changed since 1", self.command("plan", "job.yaml").stdout)

    def test_it_names_files_of_steps_that_changed(self):
        beside = self.folder / "beside"
        beside.mkdir()
        (beside / "down.txt").write_text("gone\n")
        for name in ("quiz.jsonl", "maths.jsonl"):
            (beside / name).write_text(json.dumps({"question": f"what is it that {name} asks of all readers today"}) + "\n")
        (beside / "t.csv").write_text("k,v\n1,2\n")
        job = JOB.replace("  - normalize: {}\n", "  - exclude: {ids: beside/down.txt}\n  - normalize: {}\n"
                          "  - decontaminate: {against: beside/*.jsonl, planted: 0}\n  - join: {with: t, on: {id: k}, columns: v}\n")
        (self.folder / "job.yaml").write_text(job + "tables:\n  t: {read: beside/t.csv, format: csv}\n")
        self.run_job()
        changed = lambda: sorted((c["setting"], c["before"], c["now"]) for c in self.plan()["changes"])
        self.assertEqual(changed(), [])
        for setting, name, content in (("steps.exclude", "down.txt", "gone\nnobody\n"), ("steps.join", "t.csv", "k,v\n1,3\n"),
                                       ("steps.decontaminate", "quiz.jsonl", '{"question": "another one that is long enough to be asked"}\n')):
            before = (beside / name).read_text()
            (beside / name).write_text(content)
            self.assertEqual(changed(), [(setting, f"the file beside/{name}", "the file has changed")])
            self.assertIn(f"{setting}: the file beside/{name} -> the file has changed\n", self.command("plan", "job.yaml").stdout)
            (beside / name).write_text(before)
        self.assertEqual(changed(), [])
        (beside / "quiz.jsonl").rename(beside / "later.jsonl")
        self.assertEqual(changed(), [("steps.decontaminate", "-", "the file beside/later.jsonl"),
                                     ("steps.decontaminate", "the file beside/quiz.jsonl", "-")])
        for path in (self.folder / "out/snapshots").glob("*/manifest.json"):  # as older ones were
            manifest = json.loads(path.read_text())
            del manifest["side_files"]
            path.write_text(json.dumps(manifest))
        self.assertEqual(changed(), [])

    def test_it_writes_nothing(self):
        before = sorted(self.folder.rglob("*"))
        self.plan()
        self.assertEqual(self.command("plan", "job.yaml").returncode, 0)
        self.assertEqual(sorted(self.folder.rglob("*")), before)

    def test_what_would_be_read(self):
        plan = self.plan()
        sizes = [f.stat().st_size for f in self.folder.glob("[ab]/*.jsonl")]
        self.assertEqual(plan["store"]["bytes"], sum(sizes))
        self.assertEqual(plan["store"]["bytes_stored"], 0)
        self.assertIsNone(plan["snapshot"])
        self.assertEqual([(s["new_files"], s["first_new"]) for s in plan["sources"]], [(3, []), (3, [])])
        self.run_job()
        plan = self.plan()
        self.assertEqual(plan["store"]["bytes_stored"], sum(sizes))
        self.assertEqual(plan["store"]["documents"], 24)
        self.assertTrue(plan["store"]["documents_known"])
        self.assertEqual(plan["snapshot"], 1)
        self.assertEqual([s["new_files"] for s in plan["sources"]], [0, 0])

    def test_a_night(self):
        self.run_job()
        self.write("a", 0, "changed")
        self.write("a", 7)
        (self.folder / "b/1.jsonl").unlink()
        a, b = self.plan()["sources"]
        self.assertEqual((a["files"], a["new_files"], a["changed_files"], a["vanished_files"]),
                         (4, 1, 1, 0))
        self.assertEqual((b["files"], b["new_files"], b["changed_files"], b["vanished_files"]),
                         (2, 0, 0, 1))
        self.assertEqual((a["first_new"], a["first_changed"], a["first_vanished"]), (["7.jsonl"], ["0.jsonl"], []))
        self.assertEqual(b["first_vanished"], ["1.jsonl"])
        for number in range(10, 16):
            self.write("a", number)
        text = self.command("plan", "job.yaml").stdout
        self.assertIn("\n    new      10.jsonl, 11.jsonl, 12.jsonl, 13.jsonl, 14.jsonl and 2 more\n    changed  0.jsonl\n", text)
        for number in range(10, 16):
            (self.folder / f"a/{number}.jsonl").unlink()
        store = self.plan()["store"]
        fresh = sum((self.folder / "a" / name).stat().st_size for name in ("0.jsonl", "7.jsonl"))
        self.assertEqual(store["bytes"] - store["bytes_stored"], fresh)

    def test_another_setting_of_the_read_pass_reuses_nothing(self):
        self.run_job()
        self.assertEqual(self.plan("--set", "steps.filter.min_words=3")["store"]["bytes_stored"], 0)
        kept = self.plan("--set", "steps.split.by=document")["store"]
        self.assertEqual(kept["bytes_stored"], kept["bytes"])

    def test_which_steps_would_be_computed(self):
        def stored(*more):
            return [step["stored"] for step in self.plan(*more)["steps"]]
        self.assertEqual(stored(), [None, False, None, None])
        self.run_job()
        self.assertEqual(stored(), [None, True, None, None])
        self.assertEqual(stored("--set", "steps.split.by=document"), [None, True, None, None])
        self.assertEqual(stored("--set", "steps.dedup.minhash.threshold=0.5"),
                         [None, False, None, None])
        self.assertIn("resolved already     dedup.minhash",
                      self.command("plan", "job.yaml").stdout)
        record = json.loads((self.folder / "out/current/run.json").read_text())
        self.assertEqual(record["steps_computed"], 1)
        (self.folder / "b/1.jsonl").unlink()
        self.assertEqual(stored(), [None, False, None, None])

    def test_settings_say_where_they_come_from(self):
        settings = self.plan("--set", "steps.dedup.minhash.threshold=0.9")["steps"][1]["settings"]
        self.assertEqual(settings["bands"], {"value": "14", "where": "preset fineweb"})
        self.assertEqual(settings["rows"]["value"], "6")
        self.assertRegex(settings["rows"]["where"], r"^job\.yaml:8:\d+$")
        self.assertEqual(settings["verify"], {"value": "true", "where": "default"})
        self.assertEqual(settings["threshold"]["value"], "0.9")
        self.assertIn("--set", settings["threshold"]["where"])

    def test_types_of_tables(self):
        (self.folder / "table.csv").write_text("text,n,zip,none\na,1,01234,\nb,2.5,1,\n")
        job = self.folder / "job.yaml"
        job.write_text(job.read_text().replace("sources:", """sources:
  - {name: table, read: table.csv, format: csv, types: {zip: utf8}}""", 1))
        table = self.plan()["sources"][0]
        self.assertEqual(table["types"], {"zip": "utf8"})
        self.assertEqual(table["first_types"], {"n": "float64", "zip": "utf8"})
        (self.folder / "table.csv").write_text('text\n"')
        self.assertEqual(self.plan()["sources"][0]["first_types"], {})

    def test_expected_recall_is_the_s_curve(self):
        points = self.plan()["steps"][1]["expected_recall"]
        self.assertEqual([round(p["similarity"], 4) for p in points], [0.65, 0.7, 0.75, 0.8, 0.85])
        for point in points:
            expected = 1 - (1 - point["similarity"] ** 6) ** 14
            self.assertAlmostEqual(point["recall"], expected, 9)

    def test_a_filter_after_a_dedup_is_warned_about(self):
        self.assertIn("filter", "".join(self.plan()["warnings"]))
        (self.folder / "job.yaml").write_text(JOB.replace("  - filter: {min_words: 2}\n", ""))
        self.assertEqual(self.plan()["warnings"], [])

    def test_a_run_warns_about_the_order_as_its_plan_does(self):
        for text in JOB, JOB.replace("  - filter: {min_words: 2}\n", ""):
            (self.folder / "job.yaml").write_text(text)
            warnings = self.plan()["warnings"]
            done = self.command("run", "job.yaml")
            told = [line.removeprefix("shardmill: warning: ") for line in done.stderr.splitlines() if "warning: " in line]
            self.assertEqual((done.returncode, told), (0, warnings), done.stderr)

    def test_what_a_plan_says_of_the_order_a_run_accepts(self):
        """What cuts texts comes behind the steps that compare them."""
        (self.folder / "items.jsonl").write_text('{"question": "Why do cats have whiskers on their cheeks?"}\n')
        cut = "  - decontaminate: {against: items.jsonl, action: cut_span%s}\n"
        text = JOB.replace("  - filter: {min_words: 2}\n", cut % "")
        (self.folder / "job.yaml").write_text(text)
        self.assertEqual(self.plan()["warnings"], [])
        self.assertEqual(self.command("run", "job.yaml").returncode, 0)
        for more, words in (("  - dedup.exact: {}\n", "dedup.exact must come before decontaminate, which cuts"),
                            ("  - filter: {min_words: 2}\n", "filter must come before decontaminate, which cuts"),
                            (cut % ", name: more", "decontaminate#4 is a second step that cuts items out; the first is decontaminate#3 at job.yaml:")):
            with self.subTest(more):
                (self.folder / "job.yaml").write_text(text.replace(cut % "", cut % "" + more))
                plan, run = self.command("plan", "job.yaml"), self.command("run", "job.yaml")
                self.assertEqual((plan.returncode, plan.stderr), (run.returncode, run.stderr))
                self.assertEqual(plan.returncode, 2)
                self.assertIn(words, plan.stderr)

    def test_ranks_and_memory(self):
        plan = self.plan("--memory", "1GiB", SHARDMILL_RANKS="3")
        self.assertEqual((plan["ranks"], plan["memory"]["per_rank"]), (3, 1 << 30))
        warned = self.plan("--memory", "1MiB")["warnings"]
        self.assertTrue(any("232 MiB" in text for text in warned), warned)
        self.assertEqual(sum(need["bytes"] for need in plan["memory"]["floors"]),
                         plan["memory"]["smallest"])

    def test_a_job_error_is_the_same_as_in_a_run(self):
        (self.folder / "job.yaml").write_text(JOB.replace("min_words", "min_word"))
        plan, run = self.command("plan", "job.yaml"), self.command("run", "job.yaml")
        self.assertEqual((plan.returncode, plan.stderr), (run.returncode, run.stderr))
        self.assertEqual(plan.returncode, 2)


if __name__ == "__main__":
    unittest.main()

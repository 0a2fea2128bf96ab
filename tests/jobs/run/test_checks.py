"""The gate between a staged snapshot and its publication: `checks`."""

import json
import os
import shutil
import subprocess
import unittest

import h5py

from program import BINARY, ENVIRONMENT, InFolder, digests, manifest, published, run, write_job

MEMORY = ("--memory", "256MiB")
RANKS = (1, 2, 3, 5)


def record(i, **more):
    """Ids d/0, d/1 …; the length of a text is 4 or more; scores 0, 0.01 … 0.99."""
    return {"id": f"d/{i}", "text": f"text {i}", "score": i % 100 / 100, "n": i - 50,
            "lang": "en" if i % 4 else "de", "good": i % 2 == 0, **({"author": f"a{i % 7}"} if i % 10 else {}), **more}


def lines(numbers, **more):
    return "".join(json.dumps(record(i, **more)) + "\n" for i in numbers).encode()


class Checks(InFolder):
    def job(self, *checks, steps="\n  - dedup.exact: {}", shard_size="256MiB"):
        write_job(self.folder, steps=steps.rstrip() + "\n", extra="checks:\n" + "".join(f"  - {check}\n" for check in checks) +
                  f"write: {{text: {{shard_size: {shard_size}}}}}")

    def passes(self, *options, ranks=1, **more):
        return self.succeeds(run(self.folder, *MEMORY, *options, ranks=ranks, **more))

    def fails(self, *options, ranks=1, **more):
        done = run(self.folder, *MEMORY, *options, ranks=ranks, **more)
        self.assertEqual(done.returncode, 3, done.stderr)
        return done

    def staging(self):
        [folder] = (self.folder / "out/snapshots").glob(".staging-*")
        return folder

    def found(self, folder=None):
        """{name: check} of checks.json."""
        text = ((folder or self.folder / "out/current") / "checks.json").read_text()
        return {check["name"]: check for check in json.loads(text)["checks"]}

    def profiled(self):
        """Shards whose columns the last run read."""
        stages = manifest(self.folder, "run.json")["stages"]
        return sum(stage["counters"].get("shards_profiled", 0) for stage in stages if stage["name"] == "checks")

    def current(self):
        return os.readlink(self.folder / "out/current")


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


class Profiles(Checks):
    CHECKS = ("uniqueness: {column: id}", "in_range: {column: score, min: 0}", "drift: {column: lang, max: 1}",
              "completeness: {column: author, min: 0}", "quantile: {column: text, q: 0.3, min: 1}", "row_count: {min: 1}")

    def shards(self):
        return {shard["path"]: shard["content"] for shard in manifest(self.folder)["shards"] if shard["split"]}

    def test_only_shards_that_changed_are_read(self):
        self.put("a.jsonl", lines(range(400)))
        self.job(*self.CHECKS, shard_size="2KiB")
        self.passes()
        before = self.shards()
        self.assertEqual(self.profiled(), len(before))
        self.assertGreater(len(before), 5)
        self.put("b.jsonl", lines(range(400, 410)))
        self.passes(ranks=2)
        now = self.shards()
        changed = [path for path in now if before.get(path) != now[path]]
        self.assertEqual(self.profiled(), len(changed))
        self.assertLess(len(changed), len(now))
        # Limits are in no profile; a new column is, and what is asked of its values.
        for change, shards in (("in_range: {column: score, min: 0, share: 0.5}", 0), ("in_range: {column: score, min: 0.5, share: 0}", len(now)),
                               ("completeness: {column: n, min: 1}", len(now))):
            self.job(*self.CHECKS, change + "".join(["\n  - row_count: {min: 1, name: another}"]), shard_size="2KiB")
            self.passes()
            self.assertEqual(self.profiled(), shards, change)
            self.assertEqual(self.shards(), now)

    def test_a_changed_check_does_nothing_else_again(self):
        self.put("a.jsonl", lines(range(100)))
        self.job("row_count: {min: 1}")
        self.passes()
        before = {path: path.stat().st_ino for path in (self.folder / "out/snapshots/000001").rglob("*.h5")}
        self.job("row_count: {min: 2}", "uniqueness: {column: id}")
        self.passes()
        now = manifest(self.folder, "run.json")
        self.assertEqual((now["fragments_read"], now["steps_computed"]), (0, 0))
        self.assertEqual({path: (self.folder / "out/snapshots/000002" / path.relative_to(self.folder / "out/snapshots/000001")).stat().st_ino
                          for path in before}, before)

    def test_the_same_bytes_for_any_number_of_ranks(self):
        seen = set()
        for ranks in RANKS:
            for spill in ({}, {"SHARDMILL_FORCE_SPILL": "1"}):
                shutil.rmtree(self.folder / "out", ignore_errors=True)
                said = []
                for night in range(2):
                    for path in (self.folder / "in").iterdir():
                        path.unlink()
                    for number in range(2 + night):
                        self.put(f"{number}.jsonl", lines(range(100 * number, 100 * number + 100)))
                    self.job(*self.CHECKS, "drift: {column: score, measure: psi, max: 1, name: psi}",
                             "uniqueness: {column: author, min: 0}", shard_size="2KiB")
                    self.passes(ranks=ranks, environment=spill)
                    said += [(self.folder / "out/current" / name).read_bytes() for name in ("checks.json", "profile.json")]
                seen.add(tuple(said))
        self.assertEqual(len(seen), 1)
        self.assertEqual(self.found()["uniqueness:id"]["numerator"], 300)
        self.assertEqual(self.found()["uniqueness:author"]["numerator"], 7)

    def test_a_profile_that_is_cut_short_is_made_again(self):
        self.put("a.jsonl", lines(range(100)))
        self.job(*self.CHECKS)
        self.passes()
        before = self.found()
        for path in (self.folder / "out/store/profiles").iterdir():
            path.write_bytes(path.read_bytes()[:50])
        self.job(*self.CHECKS, "row_count: {min: 1, name: another}")
        self.passes()
        self.assertEqual(self.profiled(), 1)
        self.assertEqual({name: self.found()[name]["measured"] for name in before if "drift" not in name},
                         {name: check["measured"] for name, check in before.items() if "drift" not in name})

    def test_profiles_that_no_run_uses_are_removed(self):
        self.put("a.jsonl", lines(range(100)))
        self.job(*self.CHECKS)
        self.passes()
        self.job("completeness: {column: author, min: 0}")
        self.passes()
        gc = subprocess.run([BINARY, "gc", "out"], cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True)
        self.assertEqual(gc.returncode, 0, gc.stderr)
        self.assertEqual(len(list((self.folder / "out/store/profiles").iterdir())), 1)
        (self.folder / "gone.txt").write_text("nobody\n")
        gc = subprocess.run([BINARY, "gc", "out", "--purge", "gone.txt"], cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True)
        self.assertEqual(gc.returncode, 0, gc.stderr)
        self.assertFalse((self.folder / "out/store/profiles").exists())

    def test_what_is_published_is_the_same_with_and_without(self):
        self.put("a.jsonl", lines(range(100)))
        self.job(*self.CHECKS)
        self.passes()
        with_checks = digests(self.folder)
        shutil.rmtree(self.folder / "out")
        write_job(self.folder, steps="\n  - dedup.exact: {}\n")
        self.passes()
        self.assertEqual(digests(self.folder), with_checks)

    def test_more_values_than_are_counted(self):
        for n, values in ((1000, 1000), (1001, None)):
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            self.put("a.jsonl", lines(range(n)))
            self.job("drift: {column: id, max: 1}", shard_size="4KiB")
            self.passes()
            column = manifest(self.folder, "profile.json")["columns"]["id"]
            self.assertEqual(values, column["values"] and len(column["values"]))
            self.assertEqual((column["rows"], column["present"], sum(count for _, count in column["lengths"])), (n, n, n))


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

"""What a run says at its end: to machines, and when it would leave nothing of a dataset."""

import json
import unittest

from program import STEPS, InFolder, lines, manifest, published, run, write_job

MEMORY = ("--memory", "256MiB")


class Json(InFolder):
    def summary(self, *options, ranks=1):
        done = self.succeeds(run(self.folder, *MEMORY, "--json", *options, ranks=ranks))
        self.assertEqual(done.stdout.count("\n"), 1, done.stdout)
        return json.loads(done.stdout)

    def test_one_object_says_what_the_run_has_made(self):
        self.put("a.jsonl", lines(60) + b"{broken\n")
        write_job(self.folder, extra="tolerate: {records: 0.5}")
        dry = self.summary("--dry-run")
        made = self.summary(ranks=2)
        known = manifest(self.folder)
        self.assertGreater(sum(n for reasons in known["dropped"].values() for n in reasons.values()), 0)
        same = ("documents_in", "documents_kept", "dropped", "splits", "quarantined", "duplicate_ids")
        for summary in (dry, made):
            self.assertEqual({name: summary[name] for name in same}, {name: known[name] for name in same})
            self.assertEqual((summary["dataset"], summary["failed_files"]), ("d", 0))
        self.assertEqual((dry["snapshot"], dry["published"], dry["path"]),
                         (None, False, str(self.folder / "out/dry-run")))
        self.assertEqual((made["snapshot"], made["published"], made["path"], made["ranks"]),
                         (1, True, str(self.folder / "out/snapshots/000001"), 2))
        again = self.summary()
        volatile = {"published": False, "ranks": 1, "seconds": again["seconds"]}
        self.assertEqual(again, {**made, **volatile})

    def test_fields_that_no_record_has_are_told(self):
        self.put("a.jsonl", lines(20))
        said = "source s: no record has the field 'stars', which `columns` puts into 'rank'"
        write_job(self.folder, source=", columns: {rank: stars}")
        for ranks in (1, 2):
            done = self.succeeds(run(self.folder, "--fresh", *MEMORY, "--json", ranks=ranks))
            self.assertEqual(json.loads(done.stdout)["warnings"], [said])
            self.assertEqual(done.stderr.count("no record has the field"), ranks == 1 and 2 or 1)  # again at the end of what is made
            self.assertEqual(self.prometheus("shardmill_run_warnings"), ["1"])
        self.assertEqual(manifest(self.folder, "run.json")["warnings"], [said])
        current = self.folder / "out/current"
        self.assertIn("! source s: no record has", (current / "report.txt").read_text())
        self.assertIn("source s: no record has the field", (current / "report.html").read_text())
        write_job(self.folder, source=", columns: {id: id}")
        self.assertNotIn("no record has", self.succeeds(run(self.folder, *MEMORY)).stderr)
        self.assertEqual(self.prometheus("shardmill_run_warnings"), ["0"])

    def test_many_warnings_are_counted_at_the_end(self):
        self.put("a.jsonl", lines(20))
        write_job(self.folder, source=", columns: {%s}" % ", ".join(f"c{n}: f{n}" for n in range(110)))
        done = self.succeeds(run(self.folder, *MEMORY, "--json"))
        told = json.loads(done.stdout)
        self.assertEqual((len(told["warnings"]), told["warning_count"]), (100, 110))
        self.assertEqual(self.prometheus("shardmill_run_warnings"), ["110"])
        self.assertIn("! 10 more: see the log", (self.folder / "out/current/report.txt").read_text())
        self.assertEqual(done.stderr.count("shardmill: warning: source s: no record"), 110)
        summary = done.stderr[done.stderr.index("d: snapshot 1"):]
        self.assertEqual(summary.count("! source s"), 5)
        self.assertIn("! 105 more: see the report", summary)

    def prometheus(self, name):
        text = (self.folder / "out/log/metrics.prom").read_text()
        return [line.split()[-1] for line in text.splitlines() if line.startswith(name + "{")]

    def test_ids_that_no_record_has_end_the_run(self):
        """Ids would be made from texts, and nothing that goes by ids would find anything."""
        self.put("a.jsonl", lines(20).replace(b'"id"', b'"doc_id"'))
        write_job(self.folder, source=", columns: {id: doc_ids}")
        for ranks in (1, 2):
            self.refused(run(self.folder, *MEMORY, ranks=ranks), 4, "source s: no record has an id in the field `doc_ids`, which "
                         "`columns` names; did you mean `doc_id`?")
        self.succeeds(run(self.folder, *MEMORY, "--dry-run", "--limit", "3"))  # there may be some behind these
        self.put("b.jsonl", lines(1).replace(b'"id"', b'"doc_ids"'))
        self.succeeds(run(self.folder, *MEMORY))

    def test_what_is_new_since_the_night_before(self):
        self.put("a.jsonl", lines(40))
        write_job(self.folder)
        self.assertNotIn("since snapshot", self.succeeds(run(self.folder, *MEMORY)).stderr)
        first = manifest(self.folder)
        self.put("b.jsonl", lines(5, seed=2))
        done = self.succeeds(run(self.folder, *MEMORY, ranks=2))
        second = manifest(self.folder)
        known = {(shard["path"], shard["sha256"]) for shard in first["shards"]}
        new = sum((shard["path"], shard["sha256"]) not in known for shard in second["shards"])
        told = "since snapshot 1: documents in +5, kept +%d; %d of %d shards are new" % (
            second["documents_kept"] - first["documents_kept"], new, len(second["shards"]))
        self.assertTrue(0 < new < len(second["shards"]))
        self.assertIn(told, done.stderr)
        for name in ("report.txt", "report.html"):
            self.assertIn(told, (self.folder / "out/current" / name).read_text())
        self.put("b.jsonl", b"")
        self.assertIn("since snapshot 2: documents in -5, kept -", self.succeeds(run(self.folder, *MEMORY)).stderr)

    def test_how_many_of_the_excluded_ids_were_found(self):
        self.put("a.jsonl", lines(40) + lines(3))  # three ids twice
        (self.folder / "gone.txt").write_text("1-1\n1-7\n1-7\nnone\nnobody\n")
        write_job(self.folder, steps="\n  - exclude: {ids: gone.txt}" + STEPS.rstrip())
        for n, ranks in enumerate((1, 2, 3)):
            done = self.succeeds(run(self.folder, "--fresh", "--json", *MEMORY, ranks=ranks))
            self.assertEqual(json.loads(done.stdout)["exclude"], {"listed": 4, "found": 2})
            self.assertEqual(json.loads(done.stdout)["dropped"]["exclude"], {"excluded": 3})
            self.assertEqual("of 4 ids that exclude lists, 2 are of no document" in done.stderr, n == 0)  # then nothing is made
        self.assertIn("2 are of no document", (self.folder / "out/current/report.txt").read_text())
        some = self.succeeds(run(self.folder, *MEMORY, "--json", "--dry-run", "--limit", "3"))  # of others nothing is known
        self.assertEqual(json.loads(some.stdout)["exclude"], {})
        self.assertNotIn("no document", (self.folder / "out/dry-run/report.txt").read_text())
        (self.folder / "gone.txt").write_text("1-1\n")
        done = self.succeeds(run(self.folder, "--json", *MEMORY))
        self.assertEqual(json.loads(done.stdout)["exclude"], {"listed": 1, "found": 1})
        self.assertNotIn("of no document", done.stderr)

    def test_a_run_that_fails_has_nothing_to_say(self):
        self.publish()
        self.put("b.jsonl", b"{broken\n")
        self.refused(run(self.folder, *MEMORY, "--json"), 4, "b.jsonl")


class NothingLeft(InFolder):
    def test_a_dataset_is_not_emptied_unless_that_is_wanted(self):
        self.publish()
        path = self.put("a.jsonl", b"")
        for ranks in (1, 2):
            self.refused(run(self.folder, ranks=ranks), 3, "no documents were read",
                         f"{self.folder}/out/snapshots/000001 has ", "--allow-empty")
        path.write_bytes(lines(60))
        write_job(self.folder, steps="\n  - dedup.exact: {}\n  - filter: {min_words: 1000}\n")
        for ranks in (1, 2):
            self.refused(run(self.folder, ranks=ranks), 3, "of 60 documents the steps leave none",
                         "filter drops 60")
        self.succeeds(run(self.folder, *MEMORY, "--allow-empty"))
        self.assertEqual((manifest(self.folder)["snapshot"], manifest(self.folder)["documents_kept"]), (2, 0))
        self.succeeds(run(self.folder))  # nothing more is lost
        write_job(self.folder)
        self.succeeds(run(self.folder))
        self.assertEqual(manifest(self.folder)["parent"], 2)

    def test_a_first_run_that_leaves_nothing_is_a_slip_more_often_than_not(self):
        self.put("a.jsonl", lines(60))
        write_job(self.folder, steps="\n  - filter: {min_words: 1000}\n")
        for ranks in (1, 2):
            self.refused(run(self.folder, ranks=ranks), 3, "of 60 documents the steps leave none (filter drops 60); nothing published")
        self.assertFalse(published(self.folder))
        done = self.succeeds(run(self.folder, *MEMORY, "--allow-empty"))
        self.assertIn("! s lost more than 90 %", done.stderr)
        self.assertEqual(manifest(self.folder)["documents_kept"], 0)
        self.assertTrue(published(self.folder))

    def test_a_dataset_may_begin_before_its_documents_are_there(self):
        self.put("a.jsonl", b"")
        write_job(self.folder, steps="\n  - filter: {min_words: 1000}\n")
        self.succeeds(run(self.folder))
        self.assertEqual(manifest(self.folder)["documents_in"], 0)
        self.put("b.jsonl", lines(20))
        done = run(self.folder)
        self.assertEqual(done.returncode, 3)
        self.assertIn("of 20 documents the steps leave none", done.stderr)
        self.assertEqual(manifest(self.folder)["snapshot"], 1)


class Help(InFolder):
    def test_the_first_rank_answers_for_all(self):
        for words in (("--help",), ("--allow-empty", "--help")):
            one, many = (run(self.folder, *words, ranks=ranks) for ranks in (1, 3))
            self.assertIn("usage: shardmill run", one.stdout)
            self.assertEqual(many.stdout, one.stdout)


if __name__ == "__main__":
    unittest.main()

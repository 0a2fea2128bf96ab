"""What a run says at its end: to machines, and when it would leave nothing of a dataset."""

import json
import unittest

from program import InFolder, lines, manifest, published, run, write_job

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
        write_job(self.folder, source=", columns: {id: ident, rank: stars}")
        for ranks in (1, 2):
            said = self.succeeds(run(self.folder, "--fresh", *MEMORY, ranks=ranks)).stderr
            self.assertIn("source s: no record has the field 'ident', which `columns` puts into 'id'", said)
            self.assertIn("source s: no record has the field 'stars', which `columns` puts into 'rank'", said)
        write_job(self.folder, source=", columns: {id: id}")
        self.assertNotIn("no record has", self.succeeds(run(self.folder, *MEMORY)).stderr)

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

    def test_a_first_run_may_find_nothing(self):
        self.put("a.jsonl", lines(60))
        write_job(self.folder, steps="\n  - filter: {min_words: 1000}\n")
        done = self.succeeds(run(self.folder))
        self.assertIn("! s lost more than 90 %", done.stderr)
        self.assertEqual(manifest(self.folder)["documents_kept"], 0)
        self.assertTrue(published(self.folder))


class Help(InFolder):
    def test_the_first_rank_answers_for_all(self):
        for words in (("--help",), ("--allow-empty", "--help")):
            one, many = (run(self.folder, *words, ranks=ranks) for ranks in (1, 3))
            self.assertIn("usage: shardmill run", one.stdout)
            self.assertEqual(many.stdout, one.stdout)


if __name__ == "__main__":
    unittest.main()

"""What a run says at its end."""

import json
import unittest

from program import InFolder, lines, manifest, run, write_job

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

    def test_a_run_that_fails_has_nothing_to_say(self):
        self.publish()
        self.put("b.jsonl", b"{broken\n")
        self.refused(run(self.folder, *MEMORY, "--json"), 4, "b.jsonl")


class Help(InFolder):
    def test_the_first_rank_answers_for_all(self):
        for words in (("--help",), ("--fresh", "--help")):
            one, many = (run(self.folder, *words, ranks=ranks) for ranks in (1, 3))
            self.assertIn("usage: shardmill run", one.stdout)
            self.assertEqual(many.stdout, one.stdout)


if __name__ == "__main__":
    unittest.main()

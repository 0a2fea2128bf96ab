"""What dedup.minhash has compared is not compared again while both documents are what they were."""

import json
import os
import shutil
import signal
import subprocess
import unittest

from kill_points import KillPoint, KillPoints
from program import BINARY, InFolder, digests, lines, manifest, run, write_job

STEPS = "\n  - dedup.minhash: {preset: fineweb, threshold: %s%s}\n"


def begun_pairs(folder):
    """How many are committed of a dedup.minhash that has not ended."""
    path = folder / "begun"
    if not path.exists():
        return 0
    record = path.read_bytes()
    step = int.from_bytes(record[8:16], "little")
    return int.from_bytes(record[16 + step:24 + step], "little")


class RememberedPairs(InFolder):
    def setUp(self):
        super().setUp()
        for seed in (1, 2, 3):
            self.put(f"{seed}.jsonl", lines(100, seed=seed))
        self.first = self.night()
        self.assertEqual(self.first, (0, 60))

    def night(self, threshold="0.75", more="", ranks=1):
        """Pairs (recalled, compared) of a run; what it publishes is what one without memory does."""
        write_job(self.folder, steps=STEPS % (threshold, more))
        self.succeeds(run(self.folder, ranks=ranks))
        counters = {stage["name"]: stage["counters"] for stage in manifest(self.folder, "run.json")["stages"]}
        fresh = self.folder / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        (fresh / "out").mkdir(parents=True)
        shutil.copy(self.folder / "out/catalog.json", fresh / "out")
        (fresh / "in").symlink_to(self.folder / "in")
        write_job(fresh, steps=STEPS % (threshold, more))
        self.succeeds(run(fresh))
        self.assertEqual(digests(fresh), digests(self.folder))
        step = counters["dedup.minhash"]
        return step.get("pairs_recalled", 0), step.get("pairs_compared", 0)

    def test_new_documents_are_compared_with_old_ones_only(self):
        self.put("4.jsonl", lines(10, seed=1) + lines(5, seed=9))
        recalled, compared = self.night(ranks=2)
        self.assertEqual(recalled, 60)
        self.assertEqual(compared, 10 + 4 + 2 + 1)  # with their twins, their twins' neighbours, each other; of seed 9

    def test_one_document_alone_is_compared(self):
        self.put("4.jsonl", lines(1, seed=1))
        recalled, compared = self.night()
        self.assertEqual(recalled, 60)
        self.assertGreater(compared, 0)

    def test_another_threshold_and_another_measure_compare_nothing(self):
        self.assertEqual(self.night(threshold="0.99"), (60, 0))
        self.assertEqual(self.night(threshold="0.7", more=", measure: containment", ranks=3), (60, 0))

    def test_other_shingles_compare_everything(self):
        self.assertEqual(self.night(more=", shingle: 4")[0], 0)

    def test_a_changed_file_is_compared_anew(self):
        self.put("2.jsonl", lines(100, seed=2).replace(b"w1", b"w2"))
        recalled, compared = self.night()
        self.assertEqual((recalled, compared), (40, 20))

    def test_a_dry_run_gives_ordinals_that_come_again(self):
        """Its fourth file has the ordinal, the offsets and the size of the night's, and other texts."""
        write_job(self.folder, steps=STEPS % ("0.75", ""))
        self.put("4.jsonl", lines(50, seed=4))
        self.succeeds(run(self.folder, "--dry-run"))
        (self.folder / "in/4.jsonl").unlink()
        self.put("5.jsonl", lines(50, seed=4).replace(b"w1", b"v1").replace(b'"4-', b'"5-'))
        self.assertEqual(self.night(), (60, 10))

    def stopped(self, ranks, threshold="0.75"):
        """A run that is asked to stop while dedup.minhash compares; how many pairs it has committed."""
        [pairs] = (self.folder / "out/store/pairs").iterdir()
        before, current = begun_pairs(pairs), os.readlink(self.folder / "out/current")
        write_job(self.folder, steps=STEPS % (threshold, ""))
        second = KillPoint(ranks, "0" if ranks > 1 else "-", f"rename {pairs.relative_to(self.folder / 'out')}/begun", 2, "after")
        done = run(self.folder, "--json", ranks=ranks,
                   environment={"SHARDMILL_FORCE_ROUNDS": "2", **self.points.dying(second, signal.SIGUSR1)})
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertEqual(done.stderr.count("stopped by a signal within dedup.minhash; the same command goes on from here"), 1)
        self.assertGreaterEqual(json.loads(done.stdout)["committed"], 3)  # the round that it was at is the last
        self.assertEqual(os.readlink(self.folder / "out/current"), current)
        self.assertNotEqual(begun_pairs(pairs), before)
        return begun_pairs(pairs)

    def test_a_run_that_is_stopped_goes_on(self):
        for name, documents, known in (("stands", 90, 0), ("does not stand", 300, 60)):
            with self.subTest(name):
                self.points = KillPoints(type(self), self.folder / "out")
                first = shutil.copytree(self.folder / "out", self.folder / "first", symlinks=True)
                self.put("4.jsonl", lines(documents, seed=4))
                begun = self.stopped(ranks=2)
                self.assertEqual(begun, known + 3 * 4)
                begun = self.stopped(ranks=1)
                self.assertEqual(begun, known + 3 * 4 + 3 * 2)
                new = documents // 5
                self.assertEqual(self.night(ranks=3), (60 + begun - known, new - (begun - known)))
                shutil.rmtree(self.folder / "out")
                first.rename(self.folder / "out")

    def test_what_a_stopped_run_has_compared_is_known_to_another(self):
        self.points = KillPoints(type(self), self.folder / "out")
        self.put("4.jsonl", lines(300, seed=4))
        begun = self.stopped(ranks=2)
        with self.subTest("a new file, another threshold"):
            self.put("5.jsonl", lines(50, seed=5))
            self.assertEqual(begun, 60 + 12)
            begun = self.stopped(ranks=3, threshold="0.7")
            self.assertEqual(begun, 60 + 12 + 18)
            self.assertEqual(self.night(threshold="0.8"), (begun, 10 + 60 - 30))
        with self.subTest("a file is another"):
            self.put("5.jsonl", lines(150, seed=6))
            self.assertEqual(self.stopped(ranks=1), 120 + 6)
            self.put("5.jsonl", lines(150, seed=7))
            self.assertEqual(self.night(), (120, 30))

    def test_gc_keeps_what_is_remembered(self):
        pairs = self.folder / "out/store/pairs"
        self.assertIn("nothing changed", self.succeeds(run(self.folder)).stderr)  # no step is computed
        self.assertEqual(self.night(more=", shingle: 4")[0], 0)
        self.assertEqual(len(list(pairs.iterdir())), 2)
        subprocess.run([BINARY, "gc", "out"], cwd=self.folder, check=True, capture_output=True)
        self.assertEqual(len(list(pairs.iterdir())), 1)
        self.put("4.jsonl", lines(5, seed=4))
        self.assertEqual(self.night(more=", shingle: 4")[1], 1)


if __name__ == "__main__":
    unittest.main()

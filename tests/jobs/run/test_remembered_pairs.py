"""What dedup.minhash has compared is not compared again while both documents are what they were."""

import shutil
import subprocess
import unittest

from program import BINARY, InFolder, digests, lines, manifest, run, write_job

STEPS = "\n  - dedup.minhash: {preset: fineweb, threshold: %s%s}\n"


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

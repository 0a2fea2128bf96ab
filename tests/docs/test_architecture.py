"""ARCHITECTURE.md says what is done again after a change or a kill: checked on the README's job."""

import hashlib
import json
import os
import random
import signal
import subprocess
import time
import unittest

from documents import Place

RUN = "./shardmill run nightly.yaml --memory 256MiB "
THRESHOLD = "--set steps.dedup.minhash.threshold=0.9 "


class Changes(unittest.TestCase):
    def setUp(self):
        self.place = Place(self)
        self.run_job("")

    def run_job(self, options):
        result = self.place.run(RUN + options)
        self.assertEqual(result.returncode, 0, result.stderr)
        current = self.place.path / "data/nightly/current"
        record = json.loads((current / "run.json").read_text())
        files = {str(path.relative_to(current.resolve())): path.stat().st_ino
                 for path in current.resolve().rglob("*.h5")}
        return record["fragments_read"], record["steps_computed"], files

    def test_a_threshold_is_in_no_sketch(self):
        fragments, steps, _ = self.run_job(THRESHOLD)
        self.assertEqual((fragments, steps), (0, 1))  # dedup.exact is as it was

    def test_the_number_of_rows_is_in_the_sketch(self):
        fragments, _, _ = self.run_job("--set steps.dedup.minhash.rows=7")
        self.assertEqual(fragments, 0)
        self.assertGreater(json.loads((self.place.path / "data/nightly/current/run.json").read_text())["fragments_sketched"], 0)

    def test_the_size_of_shards_and_the_splits_only_write(self):
        for change in ("write.text.shard_size=10KiB", "steps.split.by=document"):
            fragments, steps, _ = self.run_job(f"--set {change}")
            self.assertEqual((fragments, steps), (0, 0), change)

    def test_a_filter_reads_again(self):
        fragments, _, _ = self.run_job("--set steps.filter.min_words=21")
        self.assertGreater(fragments, 0)

    def test_a_new_file_is_the_only_one_read_and_unchanged_shards_are_links(self):
        _, _, before = self.run_job("--set write.text.shard_size=10KiB")
        (self.place.path / "corpus/docs/b.txt").write_text(
            " ".join(f"neverseen{i}" for i in range(50)))
        fragments, _, after = self.run_job("--set write.text.shard_size=10KiB")
        self.assertEqual(fragments, 1)
        self.assertEqual({path: after.get(path) for path in before}, before)
        self.assertTrue([path for path in set(after) - set(before) if "/0002-" in path])

    def test_a_takedown_list_reads_nothing(self):
        takedown = self.place.path / "takedown.txt"
        takedown.write_text("page 1\n")
        job = self.place.path / "nightly.yaml"
        job.write_text(job.read_text().replace("steps:\n", "steps:\n  - exclude: {ids: takedown.txt}\n"))
        for listed in ("page 1\n", "page 1\npage 7\n"):
            takedown.write_text(listed)
            fragments, _, _ = self.run_job("")
            self.assertEqual(fragments, 0)
        explained = self.place.run("./shardmill explain data/nightly 'page 7'")
        self.assertIn("excluded", explained.stdout)

    def test_after_kills_at_any_moment_the_same_command_gives_the_same_bytes(self):
        seed = int(os.environ.get("SHARDMILL_SEED", time.time()))
        rng, other = random.Random(seed), Place(self)
        print("seed", seed)
        for _ in range(12):
            process = subprocess.Popen(["bash", "-c", RUN], cwd=other.path, stderr=subprocess.DEVNULL,
                                       env=other.environment, start_new_session=True)
            time.sleep(rng.random() * 0.6)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            current = other.path / "data/nightly/current"
            if current.exists():  # published: whole
                self.assertEqual(other.run("./shardmill verify data/nightly").returncode, 0)
        done = other.run(RUN)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(digests(other), digests(self.place))


def digests(place):
    current = (place.path / "data/nightly/current").resolve()
    return {str(path.relative_to(current)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in current.rglob("*.h5")}


if __name__ == "__main__":
    unittest.main()

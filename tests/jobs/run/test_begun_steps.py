"""dedup.semantic and nearest commit their work in units: a run that is killed or stopped within them goes on from there, on
any number of ranks, and gives the same bytes."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from kill_points import KillPoints
from program import BINARY, LONG, InFolder, digests, manifest, run, write_job

from tests.built_with import lacks

LACKS = lacks("dedup.semantic")
SEED = int(os.environ.get("SHARDMILL_SEED", time.time()))
STEPS = """
  - dedup.semantic: {column: v, threshold: 0.99, clusters: 4, probes: 2}
  - nearest: {column: v, against: other/out, clusters: 3, probes: 2, k: 3}
"""
PAIRS = {"SHARDMILL_FORCE_ROUNDS": "2000"}  # of a unit, and a commit behind each


class BegunSteps(InFolder):
    def setUp(self):
        if LACKS:
            self.skipTest("the build lacks " + LACKS)
        super().setUp()
        print("seed", SEED, flush=True)
        self.choose = random.Random(SEED)
        other = self.folder / "other"
        (other / "in").mkdir(parents=True)
        (other / "in/a.jsonl").write_bytes(self.vectors(150, "other"))
        write_job(other, steps="\n  - embed: {from: column, of: v, column: v}\n")
        self.succeeds(run(other))
        self.put("a.jsonl", self.vectors(400, "ours"))
        write_job(self.folder, steps=STEPS)
        self.points = KillPoints(type(self), self.folder / "out")
        (self.folder / "out").mkdir()
        self.succeeds(self.night(1, self.points.listening()))
        self.expected, self.units = digests(self.folder), self.committed()
        self.assertGreater(min(self.units.values()), 10)
        self.assertFalse(self.begun())

    def vectors(self, count, name):
        draw = random.Random(name)
        centers = [[draw.gauss(0, 1) for _ in range(6)] for _ in range(20)]
        return b"".join(json.dumps({"id": f"{name}-{i}", "text": f"text {i}", "v": [
            x + draw.gauss(0, 0.2) for x in draw.choice(centers)]}).encode() + b"\n" for i in range(count))

    def night(self, ranks, environment=(), *options):
        return run(self.folder, "--memory", "320MiB", "--wait", "60", *options, ranks=ranks,
                   environment={**PAIRS, **dict(environment)})

    def committed(self):
        """Units of each of the two steps that the last run has committed; the step itself is one more."""
        return {stage["name"]: stage["counters"]["committed"] - 1 for stage in manifest(self.folder, "run.json")["stages"]
                if stage["name"] in ("dedup.semantic", "nearest") and "committed" in stage["counters"]}

    def begun(self):
        return sorted(path for path in (self.folder / "out/store").glob("begun/*/*") if not path.name.startswith("."))

    def gc(self, *options):
        self.succeeds(subprocess.run([BINARY, "gc", "out", *options], cwd=self.folder, capture_output=True, text=True))

    def forget(self):
        shutil.rmtree(self.folder / "out")
        (self.folder / "out").mkdir()

    def listen(self, ranks):
        """All points within the two steps, by step."""
        self.forget()
        self.succeeds(self.night(ranks, self.points.listening()))
        self.assertEqual(digests(self.folder), self.expected)
        heard = {}
        for point in self.points.heard(ranks):
            if "store/begun/" in point.event:
                heard.setdefault(point.event.split("/")[2], []).append(point)
        self.assertEqual(len(heard), 2)
        return heard

    def test_killed_at_any_commit(self):
        drawn = [point for ranks in (1, 2, 3) for heard in self.listen(ranks).values()
                 for point in self.choose.sample(heard, len(heard) // 5 if LONG else 2)]
        went_on = 0
        for point in drawn:
            with self.subTest(point, seed=SEED):
                self.forget()
                self.assertNotEqual(self.night(point.ranks, self.points.dying(point)).returncode, 0)
                kept = self.begun()
                self.succeeds(self.night(self.choose.choice([1, 2, 3])))
                self.assertEqual(digests(self.folder), self.expected)
                self.assertFalse(self.begun())
                went_on += bool(kept)
        self.assertGreater(went_on, 0, "no run was killed with anything begun")

    def test_stopped_runs_go_on(self):
        """Each unit is committed by one of them, once."""
        points = [next(iter(self.listen(ranks).values())) for ranks in (2, 1)]
        self.forget()
        for ranks in (2, 1, 1):
            before = self.begun()
            names = {f"rename store/begun/{path.parent.name}/{path.name}" for path in before}
            left = [point for point in points[2 - ranks] if point.event.startswith("rename") and point.event not in names]
            point = self.choose.choice(left[:len(left) // 3])
            done = self.night(ranks, self.points.dying(point, signal.SIGUSR1), "--json")
            self.assertEqual(done.returncode, 75, done.stderr)
            self.assertEqual(done.stderr.count("stopped by a signal within dedup.semantic; the same command goes on from here"), 1, done.stderr)
            self.assertTrue(set(before) < set(self.begun()))
            self.assertGreaterEqual(json.loads(done.stdout)["committed"], len(self.begun()) - len(before))
        kept = len([path for path in self.begun() if path.name.startswith("units-")])
        self.succeeds(self.night(3))
        self.assertEqual(digests(self.folder), self.expected)
        # The centroids are one more commit of a run that has none.
        self.assertEqual(kept + 1 + self.committed()["dedup.semantic"], self.units["dedup.semantic"])

    def test_gc_keeps_what_is_begun(self):
        """Until a run has ended without it. A purge keeps nothing that is made of documents."""
        first = shutil.copytree(self.folder / "out", self.folder / "first", symlinks=True)
        self.put("b.jsonl", self.vectors(60, "more"))
        self.succeeds(self.night(1, self.points.listening()))
        heard = [point for point in self.points.heard() if point.event.startswith("rename store/begun/")]
        shutil.rmtree(self.folder / "out")
        shutil.copytree(first, self.folder / "out", symlinks=True)
        self.assertNotEqual(self.night(1, self.points.dying(self.choose.choice(heard[10:]))).returncode, 0)
        begun = self.begun()
        self.assertTrue(begun)
        self.gc()
        self.assertEqual(self.begun(), begun)
        kept = shutil.copytree(self.folder / "out/store/begun", self.folder / "kept")
        (self.folder / "down.txt").write_text("none of them\n")
        self.gc("--purge", "down.txt")
        self.assertFalse(self.begun())
        shutil.copytree(kept, self.folder / "out/store/begun")
        (self.folder / "in/b.jsonl").unlink()
        self.put("c.jsonl", self.vectors(60, "others"))
        self.succeeds(self.night(2))
        self.assertEqual(self.begun(), begun)
        self.gc()
        self.assertFalse(self.begun())

if __name__ == "__main__":
    unittest.main()

"""A run that is killed at each of its renames and removals, right before or right after, alone or one rank of several:
the same command then gives the same bytes, and nothing that was committed is done again."""

import collections
import json
import os
import random
import re
import shutil
import time
import unittest

from kill_points import KillPoints, some
from program import LONG, STEPS, InFolder, digests, lines, manifest, run, store, write_job

SEED = int(os.environ.get("SHARDMILL_SEED", time.time()))
KINDS = {
    "log": r"log/",
    "catalogue": r"catalog\.json",
    "fragment": r"store/fragments/",
    "sketches": r"store/sketches/",
    "part of a step": r"store/steps/\w+/part-",
    "step": r"store/steps/\w+/done",
    "state": r"store/pairs/\w+/state-",
    "pairs": r"store/pairs/\w+/pairs-",
    "pairs of a step that has not ended": r"store/pairs/\w+/begun",
    "remembered pairs": r"store/pairs/\w+/done",
    "shard": r"snapshots/\.staging-\d+/(text|ledger|clusters)/",
    "token shard": r"snapshots/\.staging-\d+/tokens/.*\.h5",
    "index of a token shard": r"snapshots/\.staging-\d+/tokens/.*\.idx",
    "documents of a token shard": r"snapshots/\.staging-\d+/token_documents/",
    "record of a shard": r"snapshots/\.staging-\d+/\.shards",
    "manifest": r"snapshots/\.staging-\d+/manifest\.json",
    "_SUCCESS": r"snapshots/\.staging-\d+/_SUCCESS",
    "beside the shards": r"snapshots/\.staging-\d+/\w+\.\w+$",
    "intent": r"snapshots/\.publishing",
    "snapshot": r"snapshots/\d+$",
    "current": r"current$",
    "what was used": r"store/used\.txt",
}
BY_ANY_RANK = {"rename " + kind for kind in ("fragment", "sketches", "part of a step", "state", "pairs", "shard", "token shard",
                                             "index of a token shard", "documents of a token shard", "record of a shard")}
KILLED = {1: -9, 2: 137, 3: 137}  # as mpirun says it


def kind(point):
    verb, path = point.event.split(" ", 1)
    return verb + " " + next(name for name, pattern in KINDS.items() if re.match(pattern, path))


class CommitBoundaries(InFolder):
    def setUp(self):
        super().setUp()
        print("seed", SEED, flush=True)
        self.choose = random.Random(SEED)
        self.points = KillPoints(type(self), self.folder / "out")

    def prepare(self, tokens=""):
        """The first night, of such token shards, and what the second reads, the one that is killed."""
        for number in range(3):
            self.put_fragment(number, lines(40, seed=number))
        write_job(self.folder, source=", format: command, command: [head, -n, '40']",
                  steps=STEPS.rstrip("\n") + "\n  - tokenize: {encoding: bytes}\n",
                  extra="write: {text: {shard_size: 8KiB}, tokens: {%sshard_size: 16KiB}}" % tokens)
        self.succeeds(run(self.folder))
        self.first = shutil.copytree(self.folder / "out", self.folder / "first", symlinks=True)
        # A file is changed, two are new.
        for number, content in ((0, lines(30, seed=0) + lines(10, seed=9)), (3, lines(40, seed=3)), (4, lines(40, seed=4))):
            self.put_fragment(number, content)

    def put_fragment(self, number, content):
        """A file so large that it is a fragment of its own, so each of three ranks reads one."""
        os.truncate(self.put(f"{number}.jsonl", content), 33 << 20)

    def night(self, ranks, environment=()):
        shutil.rmtree(self.folder / "out")
        shutil.copytree(self.first, self.folder / "out", symlinks=True)
        return run(self.folder, ranks=ranks, environment={"SHARDMILL_FORCE_ROUNDS": "5", **dict(environment)})

    def all_points(self, several=(1, 2, 3)):
        found = []
        for ranks in several:
            self.succeeds(self.night(ranks, self.points.listening()))
            found += self.points.heard(ranks)
            self.pairs_known, self.pairs_compared = self.pair_counts()
            expected = digests(self.folder)
            self.assertEqual(getattr(self, "expected", expected), expected)
            self.expected = expected
        return found

    def pairs(self, out):
        return [path.read_bytes() for path in (self.folder / out).glob("store/pairs/*/done")]

    def pairs_begun(self):
        """How many a killed dedup.minhash has committed."""
        [folder] = (self.folder / "out/store/pairs").iterdir()
        done, begun = (path.read_bytes() if path.exists() else b"" for path in (folder / "done", folder / "begun"))
        if begun[:8] != done[:8]:  # there is none, or `done` has them
            return 0
        step = int.from_bytes(begun[8:16], "little")
        return int.from_bytes(begun[16 + step:24 + step], "little")

    def pair_counts(self):
        """Pairs (recalled, compared) by the last run; None when it has not computed the step."""
        status = json.loads((self.folder / "out/log/status.json").read_text())
        for run_of in (status, manifest(self.folder, "run.json")):  # of all ranks, and of this run if it computed the step
            [counters] = [stage["counters"] for stage in run_of["stages"] if stage["name"] == "dedup.minhash"]
            if not counters.get("committed"):
                return None
        return counters.get("pairs_recalled", 0), counters.get("pairs_compared", 0)

    def goes_on(self):
        """The same command after a kill; how many pairs it did not compare again."""
        current = os.readlink(self.folder / "out/current")
        self.assertIn(current, ("snapshots/000001", "snapshots/000002"))
        if current.endswith("2"):  # already there: whole
            self.assertEqual(digests(self.folder), self.expected)
        before, remembered = store(self.folder), self.pairs("out") != self.pairs("first")
        begun = self.pairs_begun()
        # Ranks that mpirun has killed may be about to die.
        self.succeeds(run(self.folder, "--memory", "256MiB", "--wait", "60", ranks=self.choose.choice([1, 2, 3])))
        self.assertEqual(digests(self.folder), self.expected)
        for path in (self.folder / "out/current/tokens").rglob("*.bin"):
            self.assertTrue(path.samefile(path.with_suffix(".h5")), path)
        after = store(self.folder)
        self.assertEqual({name: after.get(name) for name in before}, before)
        left = [path.name for path in (self.folder / "out").rglob("*")]
        self.assertEqual([name for name in left if ".tmp-" in name or name.startswith(".staging")], [])
        counts = self.pair_counts()
        if counts is None:
            return 0, 0
        all_pairs = self.pairs_known + self.pairs_compared
        known = all_pairs if remembered else max(begun, self.pairs_known)
        self.assertEqual(counts, (known, all_pairs - known))
        return (known, 0) if remembered else (0, begun)

    def test_every_rename_and_removal(self):
        self.prepare()
        points = self.all_points()
        kinds = {kind(point) for point in points}
        met, recalled, begun = collections.Counter(), 0, 0
        for point in points if LONG else some(self.choose, points, kind):
            with self.subTest(point, seed=SEED):
                done = self.night(point.ranks, self.points.dying(point))
                self.assertEqual(done.returncode, KILLED[point.ranks], done.stderr)
                met[kind(point), min(point.ranks, 2), point.rank not in ("-", "0")] += 1
                pairs = self.goes_on()
                recalled += pairs[0]
                begun += pairs[1]
        for name in sorted(kinds):
            print(f"{name}: {met[name, 1, False]} by one rank, {met[name, 2, False]} by the first of several, "
                  f"{met[name, 2, True]} by others", flush=True)
        self.assertLessEqual({"rename " + name for name in KINDS}, kinds)
        for name in kinds:
            self.assertGreater(met[name, 1, False], 0, name)
            self.assertGreater(met[name, 2, False] + met[name, 2, True], 0, name)
        self.assertEqual({name for name in kinds if met[name, 2, True]}, BY_ANY_RANK)
        self.assertGreater(recalled, 0, "no run was killed behind remembered pairs")
        self.assertGreater(begun, self.pairs_known, "no run was killed while it compared")

    def test_shards_of_packed_samples(self):
        """Between the two files of one, on the first of two ranks and on the other."""
        self.prepare("layout: sample, max_sequence_length: 64, packing: best_fit, ")
        wanted = {"rename token shard", "rename documents of a token shard"}
        points = [point for point in self.all_points((1, 2, 3) if LONG else (2,)) if kind(point) in wanted]
        self.assertEqual({kind(point) for point in points}, wanted)
        if not LONG:
            points = [self.choose.choice([point for point in points if (kind(point), point.rank) == drawn])
                      for drawn in zip(sorted(wanted), self.choose.sample("01", 2))]
        for point in points:
            with self.subTest(point, seed=SEED):
                self.assertEqual(self.night(point.ranks, self.points.dying(point)).returncode, KILLED[point.ranks])
                self.goes_on()


if __name__ == "__main__":
    unittest.main()

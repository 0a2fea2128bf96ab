"""A run that gets USR1 at any moment begins nothing more: all it commits from then on is what it was at, one unit a
rank at most. One rank that gets it stops all at the end of what they have to do in the stage. What was committed
before is not done again, on whatever ranks the command goes on.

No clock decides: ranks are frozen (STOP) while the units that are there are counted and until each has the
signal, and then go on."""

import datetime
import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from program import ENVIRONMENT, LONG, InFolder, command, digests, end, lines, manifest, published, run, write_job
from stages import log_since, log_sizes, ranks_of, stage_seconds, stages_begun

TRIALS = 60 if LONG else 5
SEED = int(os.environ.get("SHARDMILL_SEED", time.time()))
NIGHTS = 5  # each gives a fragment
PROMISED = 10  # seconds from the end of the units under way to the end of the run
STEPS = """
  - normalize: {unicode: nfc}
  - dedup.exact: {against: other}
  - dedup.minhash: {preset: fineweb}
  - split: {train: 0.8, test: 0.2, by: cluster}
"""
MORE = "write: {text: {shard_size: 256KiB}}\nchecks:\n  - uniqueness: {column: id, min: 0.01}\n"


def states(pid):
    """The state of each of its threads, as letters; none when it is gone."""
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/stat") as stat:
                found.append(stat.read().rpartition(")")[2].split()[0])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def has_pending(pid, number):
    try:
        with open(f"/proc/{pid}/status") as status:
            masks = [int(line.split()[1], 16) for line in status if line.startswith(("SigPnd", "ShdPnd"))]
        return any(mask >> (number - 1) & 1 for mask in masks)
    except (FileNotFoundError, ProcessLookupError):
        return True


class AskedToStop(InFolder):
    def setUp(self):
        super().setUp()
        print(f"seed {SEED}", flush=True)
        self.choose = random.Random(SEED)
        self.publish_other()
        write_job(self.folder, steps=STEPS, extra=MORE)
        for night in range(NIGHTS):
            self.put(f"{night}.jsonl", lines(2500, seed=night + 1, words=120))
            self.succeeds(run(self.folder))
        # One run over the same catalogue, without what only the nights before it have computed.
        self.catalog = (self.folder / "out/catalog.json").read_text()
        self.begin()
        self.succeeds(run(self.folder))
        self.expected, self.all = digests(self.folder), self.units()
        self.seconds = stage_seconds(self.folder, {})
        kinds = {kind: sum(unit.startswith(kind) for unit in self.all) for kind in ("fragment", "foreign", "step", "shard")}
        self.assertEqual((kinds["fragment"], kinds["step"]), (NIGHTS, 2))
        self.assertGreater(min(kinds["foreign"], kinds["shard"]), 3)
        self.assertLessEqual({"read", "read against", "digests", "dedup.minhash", "groups", "decide", "write", "checks"},
                             set(self.seconds))
        print(kinds, self.seconds, flush=True)

    def publish_other(self):
        other = self.folder / "elsewhere"
        (other / "in").mkdir(parents=True)
        (other / "in/a.jsonl").write_bytes(lines(2500, seed=2, words=60))
        write_job(other, extra="write: {text: {shard_size: 256KiB}}")
        self.succeeds(run(other))
        (other / "out").rename(self.folder / "other")

    def begin(self):
        """No work done yet, but the catalogue is that of the nights: without digests, which cost work."""
        shutil.rmtree(self.folder / "out")
        (self.folder / "out").mkdir()
        catalog = json.loads(self.catalog)
        for file in catalog["files"]:
            self.assertTrue(file["digest"])
            file["digest"] = ""
        (self.folder / "out/catalog.json").write_text(json.dumps(catalog))

    def units(self):
        """What is committed, by name: the identity of its file. A shard is when a record of it is there too."""
        out, found = self.folder / "out", {}
        for kind, pattern in (("fragment", "store/fragments/*.seg"), ("foreign", "store/foreign/*.seg"),
                              ("step", "store/steps/*/done")):
            for path in out.glob(pattern):
                found[f"{kind} {path.relative_to(out)}"] = path.stat()
        snapshot = out / "current"
        if not snapshot.exists():
            snapshot = out / "snapshots/.staging-000001"
        for path in snapshot.rglob("*.h5"):
            name = str(path.relative_to(snapshot))
            recorded = (snapshot / ".shards" / name.replace("/", "_")).exists()
            if path.parent.name != ".shards" and (recorded or (snapshot / "manifest.json").exists()):
                found[f"shard {name}"] = path.stat()
        return {name: (status.st_ino, status.st_mtime_ns) for name, status in found.items()}

    def wait_until(self, true, process):
        """False when the run ends before."""
        while not true():
            if process.poll() is not None:
                return False
            time.sleep(0.001)
        return process.poll() is None

    def freeze(self, process, pids):
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        return self.wait_until(lambda: all(set(states(pid)) <= {"T"} for pid in pids), process)

    def turn(self, ranks, stage, alone=False, shares=(0.05, 1)):
        """Starts, signals all ranks, or one alone, at some moment of this stage; the exit code."""
        before, sizes = self.units(), log_sizes(self.folder)
        with open(self.folder / "said", "w") as said:
            process = subprocess.Popen(command("--memory", "256MiB", "--json", ranks=ranks), cwd=self.folder,
                                       env=ENVIRONMENT, stdout=said, stderr=subprocess.PIPE, text=True,
                                       start_new_session=True)
        self.addCleanup(end, process)

        def reached():  # ranks write their logs when they have their handlers
            log = log_since(self.folder, sizes)
            return sum(map(bool, log.values())) >= ranks and stage in stages_begun(self.folder, sizes)

        frozen = False
        if self.wait_until(reached, process):
            time.sleep(self.choose.uniform(0, self.seconds[stage]) * self.choose.choice(shares))
            if process.poll() is None:
                pids = ranks_of(process, ranks)
                frozen = len(pids) == ranks and self.freeze(process, pids)
        if frozen:
            at_signal, logged, now = self.units(), log_sizes(self.folder), time.time()
            [in_stage] = [lines[-1]["stage"] for name, lines in log_since(self.folder, sizes).items() if name == "rank-0.jsonl"]
            asked = [self.choose.choice(pids)] if alone else pids
            if alone:
                os.kill(asked[0], signal.SIGUSR1)
            else:
                process.send_signal(signal.SIGUSR1)  # mpirun passes it on
            self.wait_until(lambda: all(has_pending(pid, signal.SIGUSR1) for pid in asked), process)
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        _, told = process.communicate(timeout=120)
        self.assertIn(process.returncode, (0, 75), told)
        after = self.units()
        committed = set(after) - set(before)
        self.assertEqual({name: after.get(name) for name in before}, before, "committed work was done again")
        self.committed += len(committed)
        if frozen:
            new = set(after) - set(at_signal)
            print(f"  {'one of ' * alone}{ranks} ranks, in {in_stage}: {len(before)} + {len(committed)} units, {len(new)} after the signal, "
                  f"{process.returncode}", flush=True)
        if frozen and not alone:  # others go on until they hear of it
            self.assertLessEqual(len(new), ranks, "units were begun after the signal")
            if any(unit.startswith("step ") for unit in new):
                self.assertEqual(len(new), 1, "all ranks work on a step")
            after_signal = log_since(self.folder, logged)
            for log in after_signal.values():
                begun = [line["stage"] for line in log if line["event"] == "stage_started"]
                self.assertLessEqual(len(begun), 1, "stages were begun after the signal")
            # Who has all shards, and has checked them, publishes.
            self.assertTrue(process.returncode == 75 or in_stage in ("write", "checks", "record", None), told)
            if process.returncode == 75:
                self.ends_soon(after_signal, max([now, *(after[unit][1] / 1e9 for unit in new)]))
        if process.returncode == 75:
            self.assertEqual(told.count("the same command goes on from here"), 1, told)
            self.assertEqual(published(self.folder), {})
            said = json.loads((self.folder / "said").read_text())
            self.assertEqual((said["stopped"], said["committed"]), (True, len(committed)))
        return process.returncode

    def ends_soon(self, log, last):
        ended = [line for lines in log.values() for line in lines if line["event"] == "run_ended"]
        self.assertEqual({line["state"] for line in ended}, {"stopped"})
        for line in ended:
            at = datetime.datetime.fromisoformat(line["ts"].replace("Z", "+00:00")).timestamp()
            self.assertLess(at - last, PROMISED)

    def test_usr1_at_any_moment(self):
        with self.subTest("one rank, while texts move to their shards", seed=SEED):
            # Early in `write`: who was not asked must not write shards that lack rows of who was.
            self.begin()
            self.committed = 0
            for ranks in (2, 3, 2):
                self.turn(ranks, "write", alone=True, shares=(0.02,))
            self.complete(1, (self.folder / "out/current").exists())
        stages = sorted(self.seconds)
        turns = 0
        for trial in range(TRIALS):
            with self.subTest(seed=SEED, trial=trial):
                self.begin()
                self.committed, code = 0, 75
                for ranks in self.choose.sample([1, 2, 3, 1, 2], self.choose.choice([1, 2, 4])):
                    if turns % len(stages) == 0:  # each as often as the others
                        self.choose.shuffle(stages)
                    code = code and self.turn(ranks, stages[turns % len(stages)],
                                              alone=ranks > 1 and self.choose.random() < 0.25)
                    turns += 1
                self.complete(self.choose.choice([1, 2, 3]), code == 0)

    def complete(self, ranks, has_published):
        before = self.units()
        done = self.succeeds(run(self.folder, ranks=ranks))
        after = self.units()
        self.assertEqual({name: after[name] for name in before}, before, "committed work was done again")
        self.assertEqual(set(after), set(self.all))
        self.assertEqual(digests(self.folder), self.expected)
        if has_published:
            self.assertIn("nothing changed", done.stderr)
            return
        record = manifest(self.folder, "run.json")
        self.assertEqual((record["fragments_read"], record["steps_computed"]),
                         tuple(sum(unit.startswith(kind) for unit in set(after) - set(before))
                               for kind in ("fragment", "step")))
        # As the runs counted them: each unit once, over all turns.
        log = [line for lines in log_since(self.folder, {}).values() for line in lines if line["event"] == "stage_ended"]
        self.assertEqual(sum(line["counters"].get("committed", 0) for line in log), len(self.all))
        self.assertEqual(self.committed + len(set(after) - set(before)), len(self.all))


if __name__ == "__main__":
    unittest.main()

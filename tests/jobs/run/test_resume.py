"""Kill anything, run the same command again: the same bytes, and committed work is not done twice."""

import collections
import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from program import (ENVIRONMENT, LONG, STEPS, InFolder, command, digests, end, manifest, published,
                     run, store, write_job)
from stages import log_sizes, ranks_of, stage_seconds, stages_begun

KILLS = 100 if LONG else 6
SIGNALS = 40 if LONG else 4
SEED = int(os.environ.get("SHARDMILL_SEED", time.time()))
DOCUMENTS = [20000, 36000, 6000]  # of 2 KB: files of two, three and one fragments
VICTIMS = ("one rank", "all ranks", "the launcher")
STAGES = ("read", "digests", "dedup.exact", "dedup.minhash", "groups", "decide", "write", "record")  # the last publishes


def write_corpus(folder):
    """Windows of one random text: some overlap, so there are near and exact duplicates."""
    source = random.Random(7)
    words = " ".join(f"w{source.randrange(50000)}" for _ in range(3_000_000))
    for number, documents in enumerate(DOCUMENTS):
        with open(folder / f"in/{number}.jsonl", "w") as out:
            for i in range(documents):
                begin = source.randrange(len(words) // 8 - 300) * 8
                out.write(f'{{"id": "{number}-{i}", "text": "{words[begin:begin + 1950]}"}}\n')


def committed(files):
    """How many fragments and how many steps."""
    return (sum(name.startswith("fragments/") and name.endswith(".seg") for name in files),
            sum(name.startswith("steps/") and name.endswith("/done") for name in files))


class Resume(InFolder):
    def setUp(self):
        super().setUp()
        write_corpus(self.folder)
        write_job(self.folder, extra="write: {text: {shard_size: 24MiB}}")
        started = time.monotonic()
        self.succeeds(run(self.folder))
        self.seconds = time.monotonic() - started
        self.seconds_of = stage_seconds(self.folder, {})
        self.expected = digests(self.folder)
        self.work = (manifest(self.folder, "run.json")["fragments"], 2)
        self.assertEqual(self.work[0], 6)
        self.units = committed(store(self.folder))
        self.choose = random.Random(SEED)
        print(f"seed {SEED}, an undisturbed run takes {self.seconds:.1f} s", flush=True)

    def start(self, ranks):
        """Begins a run, of four ranks by two hops: then each of them forwards; returns mpirun (or the program)."""
        options = ("--memory", "256MiB", "--json")
        if ranks == 4:
            options += ("--route", "two-hop", "--ranks-per-node", "2")
        with open(self.folder / "said", "w") as said:
            process = subprocess.Popen(command(*options, ranks=ranks), cwd=self.folder, env=ENVIRONMENT,
                                       stdout=said, stderr=subprocess.PIPE, text=True,
                                       start_new_session=True)
        self.addCleanup(end, process)
        return process

    def says(self, committed, told):
        """The last run was stopped; its line and its message say that it committed so many units."""
        said = json.loads((self.folder / "said").read_text())
        self.assertEqual(said, {"dataset": "d", "path": str(self.folder / "out"), "stopped": True,
                                "committed": committed})
        self.assertEqual("committed nothing new" in told, committed == 0, told)

    def wait_for_death(self, pids):
        deadline = time.monotonic() + 20
        while any(os.path.exists(f"/proc/{pid}") for pid in pids):
            self.assertLess(time.monotonic(), deadline, "a rank outlives its launcher")
            time.sleep(0.01)

    def kill(self, ranks, victim, stage):
        """Starts, waits for a moment of the stage, kills; everything is dead afterwards. Returns the stage it was in."""
        sizes, later = log_sizes(self.folder), STAGES[STAGES.index(stage):]
        process = self.start(ranks)
        deadline = time.monotonic() + 120
        # What is committed has no stage of its own any more: then the next one.
        while not set(later) & set(stages_begun(self.folder, sizes)) and process.poll() is None:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.001)
        # Every second moment is early: several ranks are quicker than the one that was measured.
        time.sleep(self.choose.uniform(0, self.seconds_of[stage]) * self.choose.choice((0.2, 1)))
        pids, begun = ranks_of(process, ranks), stages_begun(self.folder, sizes)
        alive = process.poll() is None and len(pids) == ranks
        victims = {"one rank": pids and [self.choose.choice(pids)], "all ranks": pids, "the launcher": [process.pid]}[victim]
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.fail("the run hangs when a rank is lost")
        self.wait_for_death(pids)
        return begun[-1] if alive and process.returncode != 0 else None

    def complete(self, ranks):
        """Runs to the end; what was committed is as it was, and only the rest was done."""
        before = store(self.folder)
        had = self.current()
        self.succeeds(run(self.folder, ranks=ranks))
        after = store(self.folder)
        self.assertEqual({name: after.get(name) for name in before}, before)
        self.assertEqual(digests(self.folder), self.expected)
        left = [path for path in (self.folder / "out").rglob("*") if ".tmp-" in path.name]
        self.assertEqual(left, [], "killed runs leave nothing behind")
        if self.current() != had:
            record = manifest(self.folder, "run.json")
            done = committed(before)
            self.assertEqual((record["fragments_read"], record["steps_computed"]),
                             (self.units[0] - done[0], self.units[1] - done[1]))

    def current(self):
        link = self.folder / "out/current"
        return os.readlink(link) if link.is_symlink() else None

    def prepare_a_night(self):
        """A published snapshot of fewer files, one of them another, and what the night after it publishes."""
        whole, fresh = self.folder / "in", self.folder / "out"
        fresh.rename(self.folder / "fresh")
        kept = (whole / "0.jsonl").read_bytes()
        (whole / "0.jsonl").write_bytes(kept[:kept.index(b"\n", len(kept) // 2) + 1])
        (whole / "2.jsonl").rename(self.folder / "2.jsonl")
        self.succeeds(run(self.folder))
        (whole / "0.jsonl").write_bytes(kept)
        (self.folder / "2.jsonl").rename(whole / "2.jsonl")
        shutil.copytree(self.folder / "out", self.folder / "before", symlinks=True)
        sizes = log_sizes(self.folder)
        self.succeeds(run(self.folder))
        return digests(self.folder), committed(store(self.folder)), stage_seconds(self.folder, sizes)

    def test_kills_at_any_moment(self):
        expected = ((self.expected, self.units, self.seconds_of), self.prepare_a_night())
        hits = collections.Counter()
        stages = []
        for trial in range(KILLS):
            if not stages:  # each as often as the others
                stages = self.choose.sample(STAGES, len(STAGES))
            victim, night, stage = VICTIMS[trial % 3], trial // 3 % 2, stages.pop()
            with self.subTest(seed=SEED, trial=trial, victim=victim, stage=stage, night=night):
                shutil.rmtree(self.folder / "out")
                self.expected, self.units, self.seconds_of = expected[night]
                if night:
                    shutil.copytree(self.folder / "before", self.folder / "out", symlinks=True)
                first, second, third = self.choose.sample([2, 3, 4], 3)
                hits[victim, self.kill(first, victim, stage)] += 1
                if self.choose.random() < 0.3:
                    hits[victim, self.kill(second, victim, stage)] += 1
                print("killed with", committed(store(self.folder)), "of", self.units, "committed", flush=True)
                self.complete(self.choose.choice([1, third]))
        print("kills:", {f"{victim} in {stage}": n for (victim, stage), n in hits.items()}, flush=True)
        for victim in VICTIMS:
            self.assertGreater(sum(n for (of, stage), n in hits.items() if of == victim and stage), 0, victim)
        if LONG:  # a few kills are in a few stages only
            self.assertLessEqual(set(STAGES) - {"digests"}, {stage for _, stage in hits})  # it is over in no time

    def test_signals_stop_at_a_commit(self):
        for trial in range(SIGNALS):
            with self.subTest(seed=SEED, trial=trial):
                shutil.rmtree(self.folder / "out")
                ranks = self.choose.sample([1, 2, 3], 2)
                process = self.start(ranks[0])
                # Before the handlers are there, the signal ends the program like any other.
                while process.poll() is None and not (self.folder / "out/log").exists():
                    time.sleep(0.01)
                time.sleep(self.choose.uniform(0.1, 0.8 * self.seconds))
                process.send_signal(signal.SIGUSR1)
                _, told = process.communicate(timeout=120)
                self.assertIn(process.returncode, (0, 75), told)
                print("stopped with", committed(store(self.folder)), "of", self.work, "committed,",
                      process.returncode, flush=True)
                if process.returncode == 75:
                    self.assertEqual(told.count("the same command goes on from here"), 1, told)
                    self.assertEqual(published(self.folder), {})
                    self.says(sum(committed(store(self.folder))) + len(self.shards()), told)
                self.complete(ranks[1])

    def shards(self):
        """Those that the next snapshot has already: path -> inode."""
        staging = self.folder / "out/snapshots/.staging-000001"
        return {str(path.relative_to(staging)): path.stat().st_ino
                for path in staging.rglob("*.h5") if path.parent.name != ".shards"}

    def test_the_signals_of_a_terminal_stop_at_a_commit_too(self):
        def listen(ignored=None):  # as a terminal starts it, whatever the tests were started from
            for number in (signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN if number == ignored else signal.SIG_DFL)

        def started(**how):
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            process = subprocess.Popen(command(), cwd=self.folder, env=ENVIRONMENT, text=True,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                       start_new_session=True, preexec_fn=lambda: listen(**how))
            self.addCleanup(end, process)
            while process.poll() is None and not list((self.folder / "out/log").glob("rank-*")):
                time.sleep(0.001)
            return process

        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            with self.subTest(number):
                process = started()
                process.send_signal(number)
                _, told = process.communicate(timeout=120)
                self.assertEqual(process.returncode, 75, told)
                self.assertEqual(told.count("stopped by a signal"), 1, told)
        self.complete(2)
        with self.subTest("SIGINT twice"):
            process = started()
            process.send_signal(signal.SIGINT)
            time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=120)
            self.assertEqual(process.returncode, -signal.SIGINT)
        with self.subTest("nohup"):
            process = started(ignored=signal.SIGHUP)
            process.send_signal(signal.SIGHUP)
            _, told = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, told)

    def test_a_signal_in_the_write_pass_stops_behind_a_shard(self):
        write_job(self.folder, extra="write: {text: {shard_size: 4MiB}}")
        self.succeeds(run(self.folder, ranks=2))
        expected = digests(self.folder)
        self.assertGreater(len(expected), 20)
        for ranks in (1, 3):
            with self.subTest(ranks=ranks):
                shutil.rmtree(self.folder / "out/snapshots")
                (self.folder / "out/current").unlink()
                process = self.start(ranks)
                staging = self.folder / "out/snapshots/.staging-000001"
                while process.poll() is None and not list(staging.glob("text/*/*.h5")):
                    time.sleep(0.001)
                process.send_signal(signal.SIGUSR1)
                _, told = process.communicate(timeout=120)
                self.assertEqual(process.returncode, 75, told)
                self.assertIn("stopped by a signal while writing", told)
                written = self.shards()
                self.says(len(written), told)
                print(f"stopped with {len(written)} of {len(expected)} shards", flush=True)
                self.assertLess(len(written), len(expected))
                self.succeeds(run(self.folder, ranks=2))
                self.assertEqual(digests(self.folder), expected)
                self.assertEqual({path: (self.folder / "out/current" / path).stat().st_ino
                                  for path in written}, written)

    def test_what_did_not_change_is_not_done_again(self):
        before, files = published(self.folder), store(self.folder)
        with self.subTest("nothing changed"):
            for ranks in (1, 3):
                self.succeeds(run(self.folder, ranks=ranks))
                self.assertEqual(published(self.folder), before)
                self.assertEqual(store(self.folder), files)
                status = json.loads((self.folder / "out/log/status.json").read_text())
                [read] = [stage for stage in status["stages"] if stage["name"] == "read"]
                self.assertFalse(any(read["counters"].values()), read)
        changes = {
            "the fractions of split": ("{train: 0.8, test: 0.2}", "{train: 0.7, test: 0.3}", 0),
            "what split goes by": ("test: 0.2}", "test: 0.2, by: document}", 0),
            "the threshold": ("{preset: fineweb}", "{preset: fineweb, threshold: 0.9}", 1),
        }
        for name, (old, new, steps) in changes.items():
            with self.subTest(name):
                self.assertIn(old, STEPS)
                write_job(self.folder, steps=STEPS.replace(old, new),
                          extra="write: {text: {shard_size: 24MiB}}")
                self.succeeds(run(self.folder, ranks=2))
                record = manifest(self.folder, "run.json")
                self.assertEqual((record["fragments_read"], record["steps_computed"]), (0, steps))
                now = store(self.folder)
                self.assertEqual({path: now[path] for path in files}, files)


if __name__ == "__main__":
    unittest.main()

"""A dataset on a file system without locks: a library that the loader puts before libc's refuses flock() of the
dataset's lock. A source is a program that waits, so that runs last as long as a test wants."""

import os
import shutil
import signal
import subprocess
import time
import unittest

from preloaded import preloaded
from program import BINARY, ENVIRONMENT, InFolder, command, digests, end, lines, run, write_job

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int flock(int descriptor, int operation) {
  char link[64], path[4096] = "";
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  if (readlink(link, path, sizeof path - 1) > 5 && !strcmp(path + strlen(path) - 5, "/lock")) {
    errno = atoi(getenv("LOCK_ERRNO"));
    return -1;
  }
  return ((int (*)(int, int))dlsym(RTLD_NEXT, "flock"))(descriptor, operation);
}
"""
ERRNOS = {"ENOLCK": 37, "ENOSYS": 38, "EOPNOTSUPP": 95, "EINVAL": 22}
LIMIT = 3


class NoLocks(InFolder):
    @classmethod
    def setUpClass(cls):
        cls.shim = preloaded(cls, SHIM)

    def setUp(self):
        super().setUp()
        self.put("a.jsonl", lines(60))
        write_job(self.folder)
        self.succeeds(run(self.folder))
        self.expected = digests(self.folder)
        (self.folder / "out").rename(self.folder / "with locks")
        self.held = self.folder / "out/lock.held"
        self.environment = self.on(LIMIT)

    def on(self, seconds, error="ENOLCK"):
        return {"LD_PRELOAD": str(self.shim), "LOCK_ERRNO": str(ERRNOS[error]), "SHARDMILL_LOCK_SECONDS": str(seconds)}

    def waiting(self, ranks=1):
        """A run that has the dataset, and goes on when `gate` is there."""
        gate = self.folder / "gate"
        script = self.folder / "slow"
        script.write_text(f'#!/bin/sh\nwhile [ -e "$0" ] && ! [ -e "{gate}" ]; do sleep 0.05; done\ncat "$1"\n')
        script.chmod(0o755)
        write_job(self.folder, source=f", format: command, command: [{script}]")
        process = subprocess.Popen(command(ranks=ranks), cwd=self.folder, env={**ENVIRONMENT, **self.environment},
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.addCleanup(end, process)
        self.addCleanup(gate.touch)  # for programs that a kill has left
        while not list((self.folder / "out/log").glob("rank-*")):
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        self.gate = gate
        return process

    def finish(self, process, code=0):
        self.gate.touch()
        _, told = process.communicate(timeout=120)
        self.assertEqual(process.returncode, code, told)
        return told

    def whole(self):
        self.assertEqual(digests(self.folder), self.expected)
        self.assertFalse(self.held.exists())
        self.assertEqual([path for path in (self.folder / "out").rglob("*") if ".tmp-" in path.name], [])

    def test_runs_without_locks(self):
        for ranks, error in enumerate(ERRNOS, 1):
            with self.subTest(error):
                shutil.rmtree(self.folder / "out", ignore_errors=True)
                self.succeeds(run(self.folder, ranks=(ranks + 1) // 2, environment=self.on(60, error)))
                self.whole()
        self.assertFalse((self.folder / "with locks/lock.held").exists())

    def test_who_comes_second_ends(self):
        for ranks in (1, 2):
            with self.subTest(ranks=ranks):
                shutil.rmtree(self.folder / "out", ignore_errors=True)
                shutil.copytree(self.folder / "with locks", self.folder / "out", symlinks=True)
                shutil.rmtree(self.folder / "out/log")
                first = self.waiting(ranks)
                for _ in range(2):
                    second = run(self.folder, environment=self.environment, ranks=3 - ranks)
                    self.assertEqual(second.returncode, 5, second.stderr)
                    self.assertRegex(second.stderr, r"in use by process \d+ on \S+ since 2")
                    gc = subprocess.run([BINARY, "gc", "out"], cwd=self.folder, capture_output=True, text=True,
                                        env={**ENVIRONMENT, **self.environment}, timeout=60)
                    self.assertEqual(gc.returncode, 5, gc.stderr)
                    time.sleep(LIMIT + 1)  # only its heartbeat keeps it
                waiting = subprocess.Popen(command("--wait", "100"), cwd=self.folder, text=True, stderr=subprocess.PIPE,
                                           env={**ENVIRONMENT, **self.environment})
                self.assertRaises(subprocess.TimeoutExpired, waiting.wait, timeout=1)
                self.finish(first)
                _, told = waiting.communicate(timeout=120)
                self.assertEqual(waiting.returncode, 0, told)
                self.assertIn("nothing changed", told)
                self.gate.unlink()
                self.whole()

    def test_one_that_was_killed_is_taken_over(self):
        for ranks in (1, 2):
            with self.subTest(ranks=ranks):
                shutil.rmtree(self.folder / "out", ignore_errors=True)
                end(self.waiting(ranks))
                self.gate.touch()
                early = run(self.folder, environment=self.on(60))
                self.assertEqual(early.returncode, 5)
                self.assertIn("one that was killed has it for 60 s more", early.stderr)
                self.succeeds(run(self.folder, "--wait", "60", environment=self.environment))
                self.gate.unlink()
                self.whole()

    def test_one_that_stood_still_ends_when_it_goes_on(self):
        first = self.waiting()
        os.kill(first.pid, signal.SIGSTOP)
        write_job(self.folder)
        self.succeeds(run(self.folder, "--wait", "60", environment=self.environment))
        os.kill(first.pid, signal.SIGCONT)
        _, told = first.communicate(timeout=60)
        self.assertEqual(first.returncode, 5, told)
        self.assertIn("lock.held is in other hands", told)
        # It may have begun another file before it noticed: the next run takes that away.
        self.assertIn("nothing changed", self.succeeds(run(self.folder, environment=self.environment)).stderr)
        self.whole()

    def test_other_failures_are_told(self):
        done = run(self.folder, environment={**self.environment, "LOCK_ERRNO": "5"})
        self.refused(done, 1, "out/lock", "cannot lock")
        done = run(self.folder, environment=self.on("soon"))
        self.refused(done, 2, "SHARDMILL_LOCK_SECONDS=soon")


if __name__ == "__main__":
    unittest.main()

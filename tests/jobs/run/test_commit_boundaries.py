"""A run that is killed at each of its renames, right before or right after: the same command then gives
the same bytes, and nothing that was committed is done again. Deterministic: a library that the loader puts before libc's counts the calls."""

import json
import os
import shutil
import unittest

from preloaded import preloaded
from program import LONG, InFolder, digests, lines, run, store, write_job

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int calls;

static int at(const char* name) {
  const char* text = getenv(name);
  return text != 0 && ++calls == atoi(text);
}

/* STOP_BEFORE=n: dies before its n-th rename; STOP_AFTER=n: right after. */
#define RENAME(name, parameters, arguments)                          \
  int name parameters {                                              \
    int (*real) parameters = dlsym(RTLD_NEXT, #name);                \
    if (getenv("STOP_BEFORE") && at("STOP_BEFORE")) raise(SIGKILL);  \
    int result = real arguments;                                     \
    if (getenv("STOP_AFTER") && at("STOP_AFTER")) raise(SIGKILL);    \
    return result;                                                   \
  }
RENAME(rename, (const char* from, const char* to), (from, to))
RENAME(renameat2, (int a, const char* from, int b, const char* to, unsigned f), (a, from, b, to, f))
"""


class CommitBoundaries(InFolder):
    @classmethod
    def setUpClass(cls):
        cls.shim = preloaded(cls, SHIM)

    def killed(self, **stop):
        return run(self.folder, environment={"LD_PRELOAD": str(self.shim), **{name: str(n) for name, n in stop.items()}})

    def pairs(self, out):
        return [path.read_bytes() for path in (self.folder / out).glob("store/pairs/*/done")]

    def counters(self, name):
        """Of a stage of the last run."""
        status = json.loads((self.folder / "out/log/status.json").read_text())
        [counters] = [stage["counters"] for stage in status["stages"] if stage["name"] == name]
        return counters

    def test_every_rename(self):
        self.put("a.jsonl", lines(120))
        write_job(self.folder, extra="write: {text: {shard_size: 8KiB}}")
        self.succeeds(run(self.folder))
        first = shutil.copytree(self.folder / "out", self.folder / "first", symlinks=True)
        self.put("b.jsonl", lines(40, seed=2))
        (self.folder / "in/a.jsonl").write_bytes(lines(110) + lines(10, seed=3))
        self.succeeds(run(self.folder))
        expected = digests(self.folder)
        every, recalled = 1 if LONG else 3, 0
        for when, begin in (("STOP_BEFORE", 1), ("STOP_AFTER", 2)):
            for n in range(begin, 200, every):
                shutil.rmtree(self.folder / "out")
                shutil.copytree(first, self.folder / "out", symlinks=True)
                done = self.killed(**{when: n})
                if done.returncode == 0:  # there is no n-th
                    break
                self.assertEqual(done.returncode, -9, done.stderr)
                current = os.readlink(self.folder / "out/current")
                self.assertIn(current, ("snapshots/000001", "snapshots/000002"))
                if current.endswith("2"):  # already there: whole
                    self.assertEqual(digests(self.folder), expected, (when, n))
                before, remembered = store(self.folder), self.pairs("out") != self.pairs("first")
                self.succeeds(run(self.folder))
                self.assertEqual(digests(self.folder), expected, (when, n))
                after = store(self.folder)
                self.assertEqual({name: after.get(name) for name in before}, before, (when, n))
                counters = self.counters("dedup.minhash")
                if remembered and counters.get("committed"):
                    self.assertEqual(counters.get("pairs_compared", 0), 0)
                    recalled += counters["pairs_recalled"]
                left = [path.name for path in (self.folder / "out").rglob("*") if ".tmp-" in path.name or path.name.startswith(".staging")]
                self.assertEqual(left, [], (when, n))
            print(when, "up to", n, flush=True)
            self.assertGreater(n, 15)
            self.assertLess(n, 197)
        self.assertGreater(recalled, 0, "no run was killed behind remembered pairs")


if __name__ == "__main__":
    unittest.main()

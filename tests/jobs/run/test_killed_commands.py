"""Commands that move or remove snapshots, killed at each of their renames and removals, right before or right after: the
same command then ends as if nothing had been, and `current` always leads to a whole snapshot."""

import collections
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import time
import unittest

from kill_points import KillPoint, KillPoints
from program import BINARY, ENVIRONMENT, LONG, lines, run, write_job
from snapshots import Snapshots

SEED = int(os.environ.get("SHARDMILL_SEED", time.time()))
KINDS = {
    "snapshot": r"snapshots/\.removed-\d+$",
    "what is in a removed snapshot": r"snapshots/\.removed-\d+/",
    "fragment": r"store/fragments/",
    "sketches": r"store/sketches/",
    "step": r"store/steps(/|$)",
    "pairs": r"store/pairs/",
    "profile": r"store/profiles",
    "dry run": r"dry-run",
    "staging": r"snapshots/\.staging-",
    "intent": r"snapshots/\.publishing",
    "current": r"current$",
    "tag": r"tags/",
}
GC = {"rename snapshot", "remove snapshot", "remove what is in a removed snapshot", "remove fragment", "remove sketches",
      "remove step", "remove pairs", "remove profile"}
PURGE = {"rename snapshot", "remove snapshot", "remove what is in a removed snapshot", "remove fragment", "remove sketches",
         "remove profile", "remove dry run", "remove staging", "remove step"}


def kind(point):
    verb, path = point.event.split(" ", 1)
    return verb + " " + next(name for name, pattern in KINDS.items() if re.match(pattern, path))


class KilledCommands(Snapshots):
    STEPS = "\n  - exclude: {ids: down.txt}\n  - filter: {min_words: %d}\n  - dedup.exact: {}\n" \
            "  - dedup.minhash: {preset: fineweb, bands: %d}\n"
    CHECKS = "checks:\n  - uniqueness: {column: id}"

    def setUp(self):
        """Snapshots 1 to 4; in the store what only older ones needed; work of a dry run, and of a run that failed."""
        super().setUp()
        print("seed", SEED, flush=True)
        self.choose = random.Random(SEED)
        self.points = KillPoints(type(self), self.folder / "out")
        (self.folder / "down.txt").write_text("")
        for night, bands in enumerate((14, 14, 13, 13)):
            write_job(self.folder, steps=self.STEPS % (bands, bands), extra=self.CHECKS)
            self.put(f"{night}.jsonl", lines(60, seed=night + 1))
            if night == 3:
                (self.folder / "down.txt").write_text("1-3\n")
            self.succeeds(run(self.folder))
        extra = self.put("extra.jsonl", lines(10, seed=9))
        self.succeeds(run(self.folder, "--dry-run"))
        extra.write_text("{\n")
        self.assertEqual(run(self.folder).returncode, 4)
        extra.unlink()
        self.call("tag", "out", "paper", 4)
        self.keep_as_it_is()

    def keep_as_it_is(self):
        shutil.rmtree(self.folder / "kept", ignore_errors=True)
        subprocess.run(["cp", "-a", "out", "kept"], cwd=self.folder, check=True)  # hard links stay

    def start_again(self):
        shutil.rmtree(self.folder / "out")
        subprocess.run(["cp", "-a", "kept", "out"], cwd=self.folder, check=True)

    def tree(self):
        """All that is there but log and lock: path -> content, target of a link or nothing."""
        found = {}
        for path in (self.folder / "out").rglob("*"):
            name = str(path.relative_to(self.folder / "out"))
            if path.is_symlink():
                found[name] = os.readlink(path)
            elif not name.startswith(("log", "lock")):
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        return found

    def is_whole(self, *snapshots):
        for name in snapshots:
            self.call("verify", name)

    def killed_everywhere(self, kinds, *arguments, again=0):
        """Its end is that of an undisturbed one. Repeated, it ends with 0 or, where its work was done, with `again`."""
        self.start_again()
        before = self.tree()
        self.call(*arguments, environment=self.points.listening())
        expected, all_points = self.tree(), self.points.heard()
        left = self.numbers()
        self.assertNotEqual(expected, before)
        of_kind = collections.defaultdict(list)
        for point in all_points:
            of_kind[kind(point), point.when].append(point)
        for when in ("before", "after"):
            self.assertEqual({name for name, at in of_kind if at == when}, kinds)
        chosen = all_points if LONG else [self.choose.choice(same) for same in of_kind.values()]
        for point in chosen:
            with self.subTest(arguments, point=point, seed=SEED):
                self.start_again()
                died = subprocess.run([BINARY, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                                      env={**ENVIRONMENT, **self.points.dying(point)})
                self.assertEqual(died.returncode, -9, died.stderr)
                self.assertIn(self.current(), [f"snapshots/{number:06}" for number in self.numbers()])
                self.is_whole("out", *[f"out@{number}" for number in self.numbers()])
                done = self.tree() == expected
                self.call(*arguments, status=again if done else 0)
                self.assertEqual(self.tree(), expected)
                self.is_whole("out", *[f"out@{number}" for number in left])
        print(*arguments, "killed at", {f"{name} ({when})": sum(kind(p) == name and p.when == when for p in chosen)
                                        for name, when in sorted(of_kind)}, flush=True)

    def test_gc(self):
        self.killed_everywhere(GC, "gc", "out", "--keep", 2)
        self.assertEqual(self.numbers(), [3, 4])

    def test_purge(self):
        self.killed_everywhere(PURGE, "gc", "out", "--purge", "down.txt")
        self.assertEqual(self.numbers(), [4])
        # What was purged is nowhere, and the next run is as ever.
        self.assertIn("nothing changed", self.succeeds(run(self.folder)).stderr)

    def dies(self, event, *arguments):
        point = KillPoint(1, "-", event, 1, "before")
        died = subprocess.run([BINARY, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                              env={**ENVIRONMENT, **self.points.dying(point)})
        self.assertEqual(died.returncode, -9, died.stderr)

    def test_a_tag_that_did_not_get_its_name_keeps_nothing(self):
        self.dies("rename tags/v1", "tag", "out", "v1", 2)
        for _ in range(2):
            tags = {row["snapshot"]: row["tags"] for row in json.loads(self.call("snapshots", "out", "--json"))}
            self.assertEqual(tags, {1: [], 2: [], 3: [], 4: ["paper"]})
            self.call("gc", "out", "--keep", 4)
        self.call("gc", "out", "--keep", 1)
        self.assertEqual(self.numbers(), [4])

    def test_what_gc_half_removed_goes_with_the_next_gc(self):
        self.call("gc", "out", "--keep", 2, environment=self.points.listening())
        expected = self.tree()
        for what in ("step", "pairs"):
            *_, last = [point.event for point in self.points.heard() if kind(point) == "remove " + what]
            with self.subTest(last):  # the folder, when its files are gone
                self.start_again()
                self.dies(last, "gc", "out", "--keep", 2)
                self.call("gc", "out", "--keep", 2)
                self.assertEqual(self.tree(), expected)

    def test_commands_that_move_a_link(self):
        self.call("rollback", "out", 3)
        self.call("tag", "out", "old", 1)
        self.keep_as_it_is()
        self.killed_everywhere({"rename current"}, "rollback", "out", 2)
        self.killed_everywhere({"rename current"}, "publish", "out")
        self.killed_everywhere({"rename current"}, "publish", "out", 1)
        self.killed_everywhere({"rename tag"}, "tag", "out", "v1", 2)
        self.killed_everywhere({"remove tag"}, "tag", "out", "old", "--remove", again=4)  # "no snapshot is tagged old"
        # A run was killed before it moved the link: whatever comes next does it first.
        self.put("4.jsonl", lines(20, seed=5))
        killed = run(self.folder, environment=self.points.dying(KillPoint(1, "-", "rename snapshots/000005", 1, "after")))
        self.assertEqual((killed.returncode, self.current()), (-9, "snapshots/000003"))
        self.keep_as_it_is()
        self.killed_everywhere({"rename current", "remove intent", "rename tag"}, "tag", "out", "v1")
        self.assertEqual((self.current(), os.readlink(self.folder / "out/tags/v1")),
                         ("snapshots/000005", "../snapshots/000005"))


if __name__ == "__main__":
    unittest.main()

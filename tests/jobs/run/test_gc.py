"""Which snapshots and which files of the store `gc` removes, and which stay."""

import fcntl
import json
import os
import subprocess
import time
import unittest

from program import BINARY, ENVIRONMENT, lines, manifest, run, write_job
from snapshots import Snapshots


class Garbage(Snapshots):
    def test_what_is_wanted_stays(self):
        self.nights(6)
        self.call("tag", "out", "paper", 2)
        self.call("tag", "out", "paper", 2)
        self.assertIn("paper is the name of snapshot 2", self.call("tag", "out", "paper", 3, status=4))
        self.call("rollback", "out", 4)
        with open(self.folder / "out/snapshots/000001/_SUCCESS") as reader:
            fcntl.flock(reader, fcntl.LOCK_SH)  # as `flock --shared FILE COMMAND` of a trainer does
            for _ in range(2):
                said = json.loads(self.call("gc", "out", "--keep", 2, "--dry-run", "--json"))
                self.assertEqual((said["removed"], self.numbers()), ([3], [1, 2, 3, 4, 5, 6]))
            [row] = [row for row in json.loads(self.call("snapshots", "out", "--json")) if row["read"]]
            self.assertEqual(row["snapshot"], 1)
            self.call("gc", "out", "--keep", 2)
            self.assertEqual(self.numbers(), [1, 2, 4, 5, 6])
        self.call("gc", "out", "--keep", 2)
        self.assertEqual(self.numbers(), [2, 4, 5, 6])
        self.call("tag", "out", "paper", "--remove")
        self.call("gc", "out", "--keep", 1)
        self.assertEqual(self.numbers(), [4, 6])
        self.assertIn("no snapshot is tagged paper", self.call("tag", "out", "paper", "--remove", status=4))
        # Shards that the removed ones shared are whole.
        for snapshot in ("out@4", "out@6"):
            self.call("verify", snapshot)
        self.put("6.jsonl", lines(20, seed=77))
        self.succeeds(run(self.folder))
        self.assertEqual(self.numbers(), [4, 6, 7])

    def test_a_damaged_one_stays_and_hides_no_other(self):
        self.nights(5)
        snapshots = self.folder / "out/snapshots"
        (snapshots / "000001/manifest.json").unlink()
        (snapshots / "000002/manifest.json").write_text('{"schema_version": 1, "data')
        rows = json.loads(self.call("snapshots", "out", "--json"))
        self.assertEqual([(row["snapshot"], row["documents_kept"] is None) for row in rows],
                         [(1, True), (2, True), (3, False), (4, False), (5, False)])
        for row in rows:
            damage = row["damage"]
            self.assertTrue(damage is None if row["snapshot"] > 2 else "manifest.json" in damage, damage)
        listed = self.call("snapshots", "out").splitlines()
        self.assertEqual([("DAMAGED" in line) for line in listed], [True, True, False, False, False])
        for damaged in (1, 2):
            self.assertIn("manifest.json", self.call("diff", f"out@{damaged}", "out", status=4))
            self.assertIn("manifest.json", self.call("rollback", "out", damaged, status=4))
            self.assertEqual(self.current(), "snapshots/000005")
        self.assertEqual(json.loads(self.call("gc", "out", "--keep", 1, "--json"))["removed"], [3, 4])
        self.assertEqual(self.numbers(), [1, 2, 5])
        again = subprocess.run([BINARY, "gc", "out", "--keep", "1"], cwd=self.folder, capture_output=True, text=True,
                               env=ENVIRONMENT)
        for damaged in (1, 2):
            self.assertIn(f"snapshot {damaged} is damaged and kept", again.stderr)

    def test_young_ones_stay(self):
        self.nights(3)
        old = time.time() - 10 * 86400
        os.utime(self.folder / "out/snapshots/000001/_SUCCESS", (old, old))
        self.call("gc", "out", "--keep", 1, "--keep-days", 11)
        self.assertEqual(self.numbers(), [1, 2, 3])
        self.call("gc", "out", "--keep", 1, "--keep-days", 9)
        self.assertEqual(self.numbers(), [2, 3])

    def test_the_store_keeps_what_the_last_run_used(self):
        self.nights(2)
        used = self.store()
        write_job(self.folder, steps="\n  - normalize: {unicode: nfc}\n  - dedup.exact: {}\n")
        self.succeeds(run(self.folder))
        both = self.store()
        self.assertLess(used, both)
        self.call("gc", "out", "--dry-run")
        self.assertEqual(self.store(), both)
        self.call("gc", "out")
        self.assertEqual(self.store() & used, {"used.txt"})
        # Nothing that is still needed went.
        self.put("2.jsonl", lines(20, seed=5))
        self.succeeds(run(self.folder))
        self.assertEqual(manifest(self.folder, "run.json")["fragments_read"], 1)
        # Work of a run that did not come to its end is no garbage.
        write_job(self.folder)
        self.put("broken.jsonl", b"{\n")
        self.assertEqual(run(self.folder).returncode, 4)
        committed = self.store()
        self.call("gc", "out")
        self.assertEqual({name for name in committed - self.store() if name.startswith("fragments")}, set())

    def store(self):
        return {str(path.relative_to(self.folder / "out/store")) for path in (self.folder / "out/store").rglob("*")
                if path.is_file()}

    def test_a_removal_that_was_killed(self):
        self.nights(2)
        (self.folder / "out/snapshots/000001").rename(self.folder / "out/snapshots/.removed-000001")
        self.assertEqual(self.remaining(), [2])
        self.call("publish", "out")
        self.assertEqual(sorted(os.listdir(self.folder / "out/snapshots")), ["000002"])

    def test_what_is_no_dataset(self):
        for command in ("snapshots", "publish", "rollback", "gc"):
            self.assertIn("no such directory", self.call(command, "nothing", status=4))
            self.assertIn("has no snapshot", self.call(command, "in", status=4))
            self.assertFalse((self.folder / "nothing").exists())
            self.assertEqual(os.listdir(self.folder / "in"), [])
        for name in ("../x", "a/b", ".hidden", "a b", "7", "current"):
            self.assertIn("is no name", self.call("tag", "in", name, status=2))
        self.assertIn("expected the number of a snapshot", self.call("publish", "in", "x", status=2))


if __name__ == "__main__":
    unittest.main()

"""Snapshots after they are made: published by hand, gone back to, named, read and compacted."""

import fcntl
import hashlib
import json
import shutil
import subprocess
import threading
import time
import unittest

from program import BINARY, ENVIRONMENT, digests, lines, manifest, run, write_job
from snapshots import Snapshots


class Current(Snapshots):
    def test_going_back_and_forth(self):
        self.nights()
        before = digests(self.folder)
        self.call("rollback", "out")
        self.assertEqual(self.current(), "snapshots/000002")
        self.assertEqual(manifest(self.folder)["snapshot"], 2)
        self.call("rollback", "out", 1)
        self.assertEqual(self.current(), "snapshots/000001")
        self.assertIn("no snapshot before 1", self.call("rollback", "out", status=4))
        self.assertIn("newer than the current one", self.call("rollback", "out", 2, status=2))
        self.assertIn("has no snapshot 9; there are 1, 2, 3", self.call("publish", "out", 9, status=4))
        self.assertEqual(self.current(), "snapshots/000001")
        # A night that changes nothing publishes nothing, and does not undo what somebody decided.
        done = self.succeeds(run(self.folder, "--json"))
        self.assertIn("snapshot 1 stays current", done.stderr)
        said = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual((said["snapshot"], said["published"], said["current"]), (3, False, 1))
        self.assertEqual(self.numbers(), [1, 2, 3])
        self.call("publish", "out")
        self.assertEqual((self.current(), digests(self.folder)), ("snapshots/000003", before))
        # One that changes something goes on from the newest.
        self.call("rollback", "out", 1)
        self.put("3.jsonl", lines(20, seed=9))
        self.succeeds(run(self.folder))
        self.assertEqual((self.current(), manifest(self.folder)["parent"]), ("snapshots/000004", 3))

    def test_a_link_that_was_lost_comes_back(self):
        self.nights(2)
        (self.folder / "out/current").unlink()
        done = self.succeeds(run(self.folder, "--json", ranks=2))
        self.assertIn("/out/snapshots/000002; nothing published; `current` was missing and leads there again\n",
                      done.stderr)
        said = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual((said["snapshot"], said["published"], said["current"]), (2, False, 2))
        self.assertEqual((self.current(), self.numbers()), ("snapshots/000002", [1, 2]))
        self.assertNotIn("missing", self.succeeds(run(self.folder)).stderr)

    def test_published_by_hand(self):
        self.nights(extra="\npublish: manual")
        self.assertEqual(self.numbers(), [1, 2, 3])
        self.assertFalse((self.folder / "out/current").is_symlink())
        self.assertIn("snapshot 3 is there, but none is current", self.call("inspect", "out", status=4))
        self.call("inspect", "out@3")
        done = self.succeeds(run(self.folder))
        self.assertIn("nothing changed", done.stderr)
        self.assertIn("none is current, until: shardmill publish", done.stderr)
        self.assertFalse((self.folder / "out/current").is_symlink())
        self.call("publish", "out", 2)
        self.assertEqual(self.current(), "snapshots/000002")
        self.put("3.jsonl", lines(20, seed=9))
        self.assertIn("snapshot 2 stays current", self.succeeds(run(self.folder)).stderr)
        self.assertEqual((self.current(), self.numbers()), ("snapshots/000002", [1, 2, 3, 4]))

    def test_who_has_the_dataset_is_waited_for(self):
        self.nights(2)
        with open(self.folder / "out/lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for command in (["publish", "out"], ["rollback", "out"], ["tag", "out", "x"], ["gc", "out"]):
                self.assertIn("in use by", self.call(*command, status=5))
            self.assertIn("in use by", self.call("publish", "out", "--wait", 1, status=5))
            self.assertIn("in use by", self.call("publish", "out", "--wait", 0, status=5))
            for seconds in "01":
                self.assertEqual(run(self.folder, "--wait", seconds).returncode, 5)
            waiting = [subprocess.Popen([BINARY, "rollback", "out", "--wait", "60"], cwd=self.folder, env=ENVIRONMENT),
                       subprocess.Popen(["mpirun", "-n", "2", BINARY, "run", "job.yaml", "--wait", "60"],
                                        cwd=self.folder, env=ENVIRONMENT, stderr=subprocess.DEVNULL)]
            time.sleep(1)
            self.assertEqual([process.poll() for process in waiting], [None, None])
        self.assertEqual([process.wait(timeout=120) for process in waiting], [0, 0])
        self.assertEqual(self.current(), "snapshots/000001")


class Named(Snapshots):
    """DIR@N and DIR@TAG, in commands and in `against`."""

    def setUp(self):
        super().setUp()
        self.nights(2)
        self.call("tag", "out", "paper-v1.2", 1)

    def number(self, named):
        return json.loads(self.call("inspect", named, "--json"))["snapshot"]

    def test_by_number_and_by_tag(self):
        self.assertEqual([self.number(name) for name in ("out", "out@2", "out@1", "out@paper-v1.2", "out/@paper-v1.2")],
                         [2, 2, 1, 1, 1])
        self.assertEqual(self.call("diff", "out@paper-v1.2", "out@2"), self.call("diff", "out@1", "out@2"))
        for command in ("inspect", "report", "ledger", "groups", "export", "verify"):
            self.call(command, "out@paper-v1.2")
            for wrong in ("3", "paper", "99999999999999999999999"):
                self.assertIn(f"out: has no snapshot {wrong}; published: 1, 2; tags: paper-v1.2 (1)",
                              self.call(command, f"out@{wrong}", status=4))
        for wrong in ("nothing@1", "nothing@paper-v1.2", "out@", "out@paper-v1.2/x"):
            self.assertIn(f"{wrong}: there is no such directory", self.call("inspect", wrong, status=4))

    def test_an_at_sign_in_the_path_is_one(self):
        (self.folder / "out").rename(self.folder / "me@host")
        self.assertEqual([self.number(name) for name in ("me@host", "me@host@paper-v1.2", "me@host@1")], [2, 1, 1])

    def test_in_against(self):
        def compared(named):
            shutil.rmtree(self.folder / "two", ignore_errors=True)
            write_job(self.folder, steps=f"\n  - dedup.exact: {{against: {named}}}")
            job = self.folder / "job.yaml"
            job.write_text(job.read_text().replace("output: out", "output: two"))
            self.succeeds(done := run(self.folder))
            said = json.loads((self.folder / "two/current/manifest.json").read_text())
            return done.returncode, said["dropped"], said["logical_digest"]

        first, both = compared("out@1"), compared("out")
        self.assertEqual(compared("out@paper-v1.2"), first)
        self.assertNotEqual(first, both)
        shutil.rmtree(self.folder / "two")
        for wrong, said in (("out@nobody", "against: {}: has no snapshot nobody; published: 1, 2; tags"),
                            ("none@1", "against: {}@1: there is no such directory")):
            write_job(self.folder, steps=f"\n  - dedup.exact: {{against: {wrong}}}")
            job = self.folder / "job.yaml"
            job.write_text(job.read_text().replace("output: out", "output: two"))
            done = run(self.folder)
            self.assertEqual(done.returncode, 4)
            self.assertIn(said.format(self.folder / wrong.partition("@")[0]), done.stderr)


class Reader(Snapshots):
    def test_sees_one_snapshot_while_nights_publish_and_old_ones_go(self):
        self.nights(1)
        seen, problems, over = set(), [], threading.Event()

        def read():
            while not over.is_set():
                folder = (self.folder / "out/current").resolve()
                with open(folder / "_SUCCESS") as success:
                    fcntl.flock(success, fcntl.LOCK_SH)
                    if not folder.exists():  # gone between two looks, before the lock
                        continue
                    said = json.loads((folder / "manifest.json").read_text())
                    seen.add(said["snapshot"])
                    for shard in said["shards"]:
                        if hashlib.sha256((folder / shard["path"]).read_bytes()).hexdigest() != shard["sha256"]:
                            problems.append((folder.name, shard["path"]))

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        try:
            for night in range(2, 7):
                self.put(f"{night}.jsonl", lines(60, seed=night + 1))
                self.succeeds(run(self.folder))
                self.call("gc", "out", "--keep", 1)
        finally:
            over.set()
            for reader in readers:
                reader.join()
        self.assertEqual(problems, [])
        self.assertGreater(len(seen), 2)


class Compaction(Snapshots):
    def exported(self):
        return sorted(self.call("export", "out", "--to", "-").splitlines())

    def shards(self):
        return sorted(str(path.relative_to(self.folder / "out/current")) for path in (self.folder / "out/current").rglob("*.h5"))

    def test_epochs_become_one_and_nothing_is_read_again(self):
        self.nights(4)
        before, shards = self.exported(), self.shards()
        self.succeeds(run(self.folder, "--compact", ranks=2))
        self.assertEqual(self.exported(), before)
        self.assertEqual(len({path.split("/")[-1][:4] for path in shards}), 4)
        self.assertEqual({path.split("/")[-1][:4] for path in self.shards()}, {"0004"})
        self.assertLess(len(self.shards()), len(shards))
        record = manifest(self.folder, "run.json")
        self.assertEqual((record["fragments_read"], record["steps_computed"]), (0, 0))
        self.call("verify", "out")
        one = digests(self.folder)
        for options in ([], ["--compact"]):
            self.assertIn("nothing changed", self.succeeds(run(self.folder, *options)).stderr)
        self.succeeds(run(self.folder, "--fresh", ranks=3))
        self.assertEqual(digests(self.folder), one)
        said = json.loads(self.call("diff", "out@4", "out@5", "--json"))
        self.assertEqual([said[what] for what in ("added", "removed", "changed", "moved")], [{}, {}, {}, {}])
        # The next night has an epoch of its own.
        self.put("4.jsonl", lines(9, seed=50))
        self.succeeds(run(self.folder))
        self.assertEqual({path.split("/")[-1][:4] for path in self.shards()}, {"0004", "0005"})
        self.assertEqual({path: digest for path, digest in digests(self.folder).items() if "/0005" not in path}, one)

    def test_columns_get_types_that_hold_all(self):
        write_job(self.folder)
        for name, rows in (("a", [{"id": "1", "text": "one", "n": 1, "m": 1}]), ("b", [{"id": "2", "text": "two", "n": 1.5, "m": "x"}])):
            self.put(name + ".jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())
            self.succeeds(run(self.folder))
        self.succeeds(run(self.folder, "--compact"))
        said = {row["id"]: row for row in map(json.loads, self.exported())}
        self.assertEqual([(row["n"], row["m"]) for row in (said["1"], said["2"])], [(1.0, 1), (1.5, "x")])
        self.call("verify", "out")


if __name__ == "__main__":
    unittest.main()

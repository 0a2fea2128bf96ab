"""Snapshots after they are made: published by hand, gone back to, named, compared and removed."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import threading
import time
import unittest

import zstandard

from program import BINARY, ENVIRONMENT, InFolder, digests, lines, manifest, run, write_job


class Snapshots(InFolder):
    def nights(self, nights=3, extra=""):
        write_job(self.folder, extra=extra)
        for night in range(nights):
            self.put(f"{night}.jsonl", lines(60, seed=night + 1))
            self.succeeds(run(self.folder))

    def call(self, command, *arguments, status=0, environment=()):
        done = subprocess.run([BINARY, command, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                              timeout=60, env=dict(ENVIRONMENT, **dict(environment)))
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        if status:
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def current(self):
        return os.readlink(self.folder / "out/current")

    def numbers(self):
        return sorted(int(path.name) for path in (self.folder / "out/snapshots").iterdir() if path.name.isdigit())

    def remaining(self):
        return [row["snapshot"] for row in json.loads(self.call("snapshots", "out", "--json"))]


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


class Takedown(Snapshots):
    STEPS = "\n  - exclude: {ids: down.txt}\n  - dedup.exact: {}\n  - dedup.minhash: {preset: fineweb}\n"

    def everywhere(self, text):
        """Files of the dataset that have these bytes, decompressed where they are of the store."""
        found = []
        for path in (self.folder / "out").rglob("*"):
            if not path.is_file():
                continue
            data = path.read_bytes()
            if path.suffix == ".seg":
                data += b"".join(self.frames(data))
            if text in data:
                found.append(str(path.relative_to(self.folder / "out")))
        return found

    def frames(self, data):
        at = data.find(b"\x28\xb5\x2f\xfd")
        while at >= 0:
            try:
                yield zstandard.ZstdDecompressor().decompressobj().decompress(data[at:])
            except zstandard.ZstdError:
                pass
            at = data.find(b"\x28\xb5\x2f\xfd", at + 4)

    def test_a_list_that_is_none_is_told(self):
        self.put("a.jsonl", lines(20))
        write_job(self.folder, steps=self.STEPS)
        for content, told in ((b"\xef\xbb\xbf1-1\r\n1-2\n", False), (b"1-1\n\n1-2 \n", True), (b'{"id": "1-1"}\n', True), (b"# old\n1-1\n", True)):
            (self.folder / "down.txt").write_bytes(content)
            done = self.succeeds(run(self.folder))
            self.assertEqual("a line of its list" in done.stderr, told, content)
            if not told:
                self.assertEqual(manifest(self.folder)["dropped"]["exclude"], {"excluded": 2})

    def test_nothing_of_it_is_left(self):
        name, secret = b"the-id-of-the-document", b"what nobody may read"
        row = json.dumps({"id": name.decode(), "text": "This is " + secret.decode(), "mail": "me@" + secret.decode()}).encode() + b"\n"
        self.put("a.jsonl", lines(40) + row + lines(10, seed=2))
        (self.folder / "down.txt").write_text("")
        write_job(self.folder, steps=self.STEPS)
        self.succeeds(run(self.folder))
        self.put("b.jsonl", lines(10, seed=3))
        self.succeeds(run(self.folder))
        for text in (name, secret):
            self.assertTrue(any(path.startswith("store") for path in self.everywhere(text)))
            self.assertTrue(any(path.startswith("snapshots/000001") for path in self.everywhere(text)))
        (self.folder / "down.txt").write_bytes(name + b"\n1-3\n")
        self.assertIn("run the job with `exclude` first", self.call("gc", "out", "--purge", "down.txt", status=4))
        self.succeeds(run(self.folder, "--dry-run"))
        self.succeeds(run(self.folder))
        self.call("tag", "out", "paper", 1)
        self.assertIn("cannot go: 1 is tagged paper", self.call("gc", "out", "--purge", "down.txt", status=4))
        self.call("tag", "out", "paper", "--remove")
        said = json.loads(self.call("gc", "out", "--purge", "down.txt", "--dry-run", "--json"))
        self.assertEqual((said["removed"], said["fragments"], self.numbers()), ([1, 2], 1, [1, 2, 3]))
        self.call("gc", "out", "--purge", "down.txt")
        self.assertEqual(self.numbers(), [3])
        self.assertEqual((self.everywhere(name), self.everywhere(secret)), ([], []))
        # The next run reads it again and keeps nothing of it.
        expected = digests(self.folder)
        self.assertIn("nothing changed", self.succeeds(run(self.folder)).stderr)
        self.assertEqual((self.everywhere(name), self.everywhere(secret)), ([], []))
        self.put("c.jsonl", lines(10, seed=4))
        self.succeeds(run(self.folder, ranks=2))
        self.assertEqual((self.everywhere(name), self.everywhere(secret)), ([], []))
        self.assertIn("excluded", self.call("explain", "out", name.decode()))
        # Who is taken off the list comes back whole.
        (self.folder / "down.txt").write_text("1-3\n")
        self.succeeds(run(self.folder))
        self.assertTrue(any(path.startswith("snapshots/000005/text") for path in self.everywhere(secret)))
        self.assertNotEqual(digests(self.folder), expected)


class Differences(Snapshots):
    STEPS = "\n  - exclude: {ids: down.txt}\n  - dedup.exact: {}\n  - split: {train: 0.5, test: 0.5}\n"

    def test_every_kind_with_its_reason(self):
        documents = {f"d{i}": f"text {i}" for i in range(40)}
        write = lambda name, some: self.put(name, "".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in some.items()).encode())
        write("a.jsonl", documents)
        write("b.jsonl", {"copy": "text 39"})
        (self.folder / "down.txt").write_text("")
        write_job(self.folder, steps=self.STEPS)
        self.succeeds(run(self.folder))
        self.assertIn("no snapshot before 1", self.call("diff", "out", status=4))
        after = dict(documents, d1="other text", new="text new")
        del after["d2"], after["d39"]
        write("a.jsonl", after)
        write("c.jsonl", {"copy of 3": "text 3"})
        write("d.jsonl", {"late": "text new"})
        (self.folder / "down.txt").write_text("d7\n")
        self.succeeds(run(self.folder))
        said = json.loads(self.call("diff", "out", "--json"))
        self.assertEqual(said["removed"], {"s": {"exclude: excluded": 1, "not in the input": 2}})
        self.assertEqual(said["added"], {"s": {"dedup.exact: exact_duplicate": 1, "new": 1}})
        self.assertEqual(said["changed"], {"s": 1})
        self.assertEqual(said["inputs"], {"added": 2, "removed": 0, "changed": 1})
        self.assertTrue(said["same_job"])
        self.assertEqual((said["before"]["snapshot"], said["after"]["snapshot"]), (1, 2))
        self.assertEqual(sum(sum(reasons.values()) for reasons in said["added"].values()) -
                         sum(sum(reasons.values()) for reasons in said["removed"].values()),
                         said["after"]["documents_kept"] - said["before"]["documents_kept"])
        listed = [json.loads(line) for line in self.call("diff", "out@1", "out@2", "--json", "--documents").splitlines()]
        reasons = {(row["what"], row["id"]): row["reason"] for row in listed}
        self.assertEqual(reasons["removed", "d7"], "exclude: excluded")
        self.assertEqual(reasons["removed", "d2"], "not in the input")
        self.assertEqual(reasons["added", "copy"], "dedup.exact: exact_duplicate")
        self.assertIsNone(reasons["changed", "d1"])
        self.assertNotIn(("changed", "d3"), reasons)
        # In several goes, backwards, and with itself.
        for arguments in (["out@1", "out@2"], ["out@2", "out@1"]):
            self.assertEqual(*(self.call("diff", *arguments, "--documents", environment=environment)
                               for environment in ({}, {"SHARDMILL_FORCE_SPILL": "1"})))
        backwards = json.loads(self.call("diff", "out@2", "out@1", "--json"))
        self.assertEqual(backwards["added"]["s"]["exclude: excluded"], 1)
        same = json.loads(self.call("diff", "out", "out", "--json"))
        self.assertEqual((same["rows_compared"], same["added"], same["moved"]), (0, {}, {}))
        self.assertIn("added", self.call("diff", "out"))
        self.assertIn("no such directory", self.call("diff", "out", "nothing", status=4))

    def test_another_type_of_a_column_is_no_other_value(self):
        put = lambda **more: self.put("a.jsonl", "".join(
            json.dumps({"id": str(i), "text": f"text {i}", "n": i, "m": i * 10**6, "b": True, **({"n": i + 0.5, "m": 0.5} if str(i) in more else {})}) + "\n"
            for i in range(10)).encode())
        write_job(self.folder)
        put()
        self.succeeds(run(self.folder))
        put(**{"3": 1})
        self.succeeds(run(self.folder))
        self.assertEqual(json.loads(self.call("diff", "out", "--json"))["changed"], {"s": 1})

    def test_shared_shards_are_not_read(self):
        write_job(self.folder, extra="\nwrite: {text: {shard_size: 4KiB}}")
        for night in range(2):
            self.put(f"{night}.jsonl", lines(200 if night == 0 else 5, seed=night + 1))
            self.succeeds(run(self.folder))
        said = json.loads(self.call("diff", "out", "--json"))
        self.assertEqual(said["added"]["s"]["new"] + said["added"]["s"].get("dedup.minhash: near_duplicate", 0), 4)
        self.assertLess(said["rows_compared"], 40)


if __name__ == "__main__":
    unittest.main()

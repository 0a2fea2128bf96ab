"""inspect, explain, ledger, export and status, against what h5py finds in the shards and what was
written into the input files."""

import collections
import datetime
import json
import os
import stat
import subprocess
import time
import unittest
from pathlib import Path

import published
import xxhash
from small_dataset import BINARY, SmallDataset, run


FILES = ["web/0.jsonl", "web/1.jsonl", "web/2.jsonl", "books/a.jsonl", "web/later.jsonl"]


class DatasetCommands(SmallDataset):
    def verdicts(self, *options):
        out = self.call("ledger", self.dataset, *options, "--json")
        return [json.loads(line) for line in out.split("\n")[:-1]]

    def input_record(self, key):
        """The record a key points at: ordinals follow sources, paths and nights."""
        ordinal, offset = map(int, key.split(":"))
        with open(self.folder / FILES[ordinal], "rb") as file:
            file.seek(offset)
            return json.loads(file.readline())

    def test_the_test_has_every_kind_of_document(self):
        fates = collections.Counter((r["step"], r["fate"]) for r in self.rows(self.ledger))
        for step in ("exclude", "filter", "dedup.exact", "dedup.minhash"):
            self.assertGreater(fates[step, "dropped"], 0, fates)
        self.assertEqual(set(self.manifest["splits"]), {"train", "validation"})
        self.assertGreater(len(self.texts), 4)
        self.assertEqual({Path(p).name[:4] for p in self.texts}, {"0001", "0002"})

    def test_export(self):
        exported = self.call("export", self.dataset).split("\n")
        self.assertEqual(exported.pop(), "")
        expected = []
        for split, rows in self.texts.values():
            for row in rows:
                row = {name: json.loads(v) if name == "meta" else v for name, v in row.items()}
                expected.append({"split": split, **row} if "split" not in row else row)
        exported = [json.loads(line) for line in exported]
        # A shard with a column `split` says nothing else under that name.
        for document, wanted in zip(exported, expected):
            if "split" not in document:
                del wanted["split"]
        self.assertEqual(exported, expected)
        self.assertEqual(len(exported), self.manifest["documents_kept"])

        to = self.folder / "exported.jsonl"
        self.assertEqual(self.call("export", self.dataset, "--format", "jsonl", "--to", to), "")
        self.assertEqual(to.read_text(), self.call("export", self.dataset, "--to", "-"))
        self.call("export", self.dataset, "--format", "csv", status=2)
        self.call("export", self.dataset, "--to", self.folder / "no/such", status=1)

    def test_export_packed_by_zstd(self):
        expected = self.call("export", self.dataset)
        for name in ("a.jsonl.zst", "b.zst"):
            self.assertEqual(self.call("export", self.dataset, "--to", self.folder / name), "")
            unpacked = subprocess.run(["zstd", "-dc", self.folder / name], check=True, capture_output=True).stdout
            self.assertEqual(unpacked.decode(), expected)
        packed = (self.folder / "a.jsonl.zst").read_bytes()
        self.assertEqual(packed, (self.folder / "b.zst").read_bytes())
        listed = subprocess.run(["zstd", "-l", self.folder / "b.zst"], check=True, capture_output=True, text=True).stdout
        self.assertRegex(listed.splitlines()[1], "^ *1 +0 .* XXH64 ")

        (self.folder / "link").symlink_to("c.zst")  # what it was called decides
        self.call("export", self.dataset, "--to", self.folder / "link")
        self.assertEqual((self.folder / "c.zst").read_text(), expected)

    def test_export_into_what_is_no_regular_file(self):
        expected = self.call("export", self.dataset)
        folder = self.folder / "targets"
        folder.mkdir()

        fifo = folder / "fifo"
        os.mkfifo(fifo)
        reader = subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE, text=True)
        self.addCleanup(reader.kill)
        self.call("export", self.dataset, "--to", fifo)
        self.assertTrue(fifo.is_fifo())
        self.assertEqual(reader.communicate(timeout=60)[0], expected)

        (folder / "old").write_text("old")
        for name, target in (("link", "old"), ("dangling", "new"), ("twice", "link")):
            (folder / name).symlink_to(target)
            self.call("export", self.dataset, "--to", folder / name)
            self.assertTrue((folder / name).is_symlink(), name)
            self.assertEqual((folder / name).read_text(), expected, name)
            (folder / "old").write_text("old")

        # What stands behind /dev/stdout may be a file that has something already.
        (folder / "stdout").symlink_to("/proc/self/fd/1")
        self.assertEqual(self.call("export", self.dataset, "--to", folder / "stdout"), expected)
        with open(folder / "all", "w+") as file:
            file.write("before\n")
            file.flush()
            subprocess.run([BINARY, "export", self.dataset, "--to", folder / "stdout"], check=True,
                           stdout=file)
            file.seek(0)
            self.assertEqual(file.read(), "before\n" + expected)

        missing = run("export", self.dataset, "--to", folder / "no/such.jsonl")
        self.assertEqual(missing.returncode, 1)
        self.assertIn(f"{folder}/no/such.jsonl: cannot create", missing.stderr)
        within = run("export", self.dataset, "--to", folder)
        self.assertEqual(within.returncode, 1)
        self.assertIn(f"{folder}: cannot open: Is a directory", within.stderr)

    def test_export_into_devices(self):
        null, full = self.folder / "null", self.folder / "full"
        try:
            os.mknod(null, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            os.mknod(full, 0o666 | stat.S_IFCHR, os.makedev(1, 7))
            null.write_bytes(b"")
        except OSError:
            self.skipTest("no device may be made or opened here")
        self.call("export", self.dataset, "--to", null)
        self.call("report", self.dataset, "--to", null)
        self.assertTrue(null.is_char_device())
        failed = run("export", self.dataset, "--to", full)
        self.assertEqual(failed.returncode, 1)
        self.assertIn(f"cannot write to {full}: No space left", failed.stderr)

    def test_ledger(self):
        expected = []
        for row in self.rows(self.ledger):
            row = dict(row)
            num, den = row.pop("score_num", None), row.pop("score_den", None)
            row = {"score": None if den is None else {"num": num, "den": den}, "span": None, **row}
            for name in ("reason", "witness", "witness_key", "cluster", "group", "detector"):
                row.setdefault(name, None)
            expected.append(row)
        self.assertEqual(self.verdicts(), [r for r in expected if r["fate"] != "kept"])
        for fate in ("kept", "dropped", "changed"):
            self.assertEqual(self.verdicts("--fate", fate),
                             [r for r in expected if r["fate"] == fate])
        self.assertEqual(self.verdicts("--step", "dedup.exact"),
                         [r for r in expected if r["step"] == "dedup.exact"])
        self.assertEqual(list(self.verdicts()[0]),
                         ["id", "key", "source", "step", "fate", "reason", "witness", "witness_key",
                          "score", "cluster", "group", "span", "detector"])
        self.assertEqual(len(self.call("ledger", self.dataset).splitlines()), len(self.verdicts()))
        self.call("ledger", self.dataset, "--step", "dedup.exat", status=2)

    def test_inspect(self):
        seen = json.loads(self.call("inspect", self.dataset, "--json"))
        for name in ("documents_in", "documents_kept", "dropped", "quarantined", "splits",
                     "duplicate_ids", "snapshot"):
            self.assertEqual(seen[name], self.manifest[name], name)
        self.assertEqual([s["path"] for s in seen["shards"]],
                         sorted([*self.texts, *self.ledger, *self.clusters]))
        rows = self.rows(self.texts)
        for column in seen["columns"]:
            missing = sum(column["name"] not in row for row in rows)
            self.assertEqual(column["absent"], missing, column)
        types = {column["name"]: column["types"] for column in seen["columns"]}
        self.assertEqual(types["stars"], ["float64"])
        self.assertEqual(types["meta"], ["json"])
        exported = self.call("export", self.dataset).split("\n")
        self.assertEqual(seen["documents"], [json.loads(line) for line in exported[:3]])
        self.assertIn(rows[0]["text"][:200], self.call("inspect", self.dataset))

    def test_explain_says_where_every_document_is(self):
        sizes = {row["cluster"]: row for row in self.rows(self.clusters)}
        absorbed = collections.Counter(r.get("witness_key") for r in self.rows(self.ledger))
        for row in self.rows(self.ledger):
            found = json.loads(self.call("explain", self.dataset, row["key"], "--json"))
            (document,) = found["documents"]
            for name in ("id", "key", "fate", "step"):
                self.assertEqual(document[name], row[name])
            if row["fate"] == "kept":
                split, rows = self.texts[document["shard"]]
                self.assertEqual(document["split"], split)
                there = rows[document["row"]]
                self.assertEqual((there["id"], there["text"]),
                                 (row["id"], self.input_record(row["key"])["text"]))
            else:
                self.assertIsNone(document["shard"])
            self.assertEqual(len(document["absorbed"]), absorbed[row["key"]])
            told = self.call("explain", self.dataset, row["key"])
            ordinal, offset = row["key"].split(":")
            self.assertEqual(document["path"], FILES[int(ordinal)].split("/")[1])
            self.assertIn(f" from {row['source']}: {document['path']}" + (f" at {offset}\n" if int(offset) else "\n"), told)
            if row["step"] == "filter":
                self.assertEqual((row["reason"], document["setting"]), ("min_words", "3"))
                self.assertIn("dropped by filter: min_words (3)", told)
            else:
                self.assertIsNone(document["setting"])
            if row.get("cluster") in sizes:
                cluster = sizes[row["cluster"]]
                self.assertIn("  in a cluster of %d" % cluster["size"], told)
                self.assertEqual((document["cluster"]["size"], document["cluster"]["kept"]),
                                 (cluster["size"], cluster["kept"]))
                self.assertEqual(document["cluster"]["sources"], json.loads(cluster["sources"]))
            else:
                self.assertEqual(row.get("cluster"), None if row.get("reason") == "excluded" else row["key"])
                self.assertIsNone(document["cluster"])
                self.assertNotIn("cluster", told)

    def test_explain_by_id(self):
        twice = json.loads(self.call("explain", self.dataset, "twice", "--json"))["documents"]
        self.assertEqual(len(twice), 9)
        self.assertEqual(len({(d["shard"], d["row"]) for d in twice}), 9)

        near = next(r for r in self.rows(self.ledger) if r["step"] == "dedup.minhash")
        text = self.call("explain", self.dataset, near["id"])
        score = "%d/%d" % (near["score_num"], near["score_den"])
        for part in (near["step"], near["reason"], near["witness"], near["witness_key"], score,
                     "it is gone"):
            self.assertIn(part, text)
        self.assertIn(near["id"], self.call("explain", self.dataset, near["witness"]))

        gone = json.loads(self.call("explain", self.dataset, "gone", "--json"))["documents"]
        self.assertEqual([(d["id"], d["step"], d["reason"]) for d in gone],
                         [(xxhash.xxh3_128_hexdigest(b"gone"), "exclude", "excluded")])
        self.assertIn("taken down", self.call("explain", self.dataset, "gone"))

        unknown = run("explain", self.dataset, "nobody")
        self.assertEqual((unknown.returncode, unknown.stdout), (1, ""))
        self.assertIn("nobody", unknown.stderr)
        self.assertIn("1 record", unknown.stderr)

    def test_which_snapshot(self):
        def snapshot(directory):
            return json.loads(self.call("inspect", directory, "--json"))["snapshot"]

        self.assertEqual(snapshot(self.dataset), 2)
        self.assertEqual(snapshot(str(self.dataset) + "@1"), 1)
        self.assertEqual(snapshot(self.dataset / "snapshots/000001"), 1)
        for wrong in (self.folder, self.folder / "nothing", str(self.dataset) + "@3"):
            for command in ("inspect", "ledger", "export", "verify"):
                result = run(command, wrong)
                self.assertEqual((result.returncode, result.stdout), (4, ""), command)
                self.assertIn(str(wrong).partition("@")[0], result.stderr)

    def test_evidence_rows_can_be_asked_for(self):
        wanted = [r for r in self.verdicts() if r["fate"] == "evidence"]
        self.assertEqual(self.verdicts("--fate", "evidence"), wanted)

    def test_status(self):
        status = json.loads(self.call("status", self.dataset, "--json"))
        self.assertEqual(status["state"], "done")
        self.assertGreaterEqual(status["age_seconds"], 0)
        self.assertIn("done", self.call("status", self.dataset))
        gone = status["pid"]  # of a run on this machine that has ended
        made = self.folder / "running/log"
        made.mkdir(parents=True)
        status.update(state="running", stage="read", share_done=0.415, done=415 << 20,
                      total=1000 << 20, unit="B", rate=50.0 * (1 << 20), eta_seconds=11.7,
                      updated="2020-01-01T00:00:00.000Z", pid=os.getpid())
        (made / "status.json").write_text(json.dumps(status))
        text = self.call("status", self.folder / "running")
        for part in ("run: dead", "stage read"):
            self.assertIn(part, text)
        status.update(updated=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z"))
        (made / "status.json").write_text(json.dumps(status))
        text = self.call("status", self.folder / "running")
        for part in ("run: running", "stage read", "41 %", "415 MiB", "50.0 MiB/s"):
            self.assertIn(part, text)
        status.update(pid=gone)
        (made / "status.json").write_text(json.dumps(status))
        self.assertIn("its process is gone", self.call("status", self.folder / "running"))
        self.assertIn("run: dead", self.call("status", self.folder / "running"))
        self.assertEqual(json.loads(self.call("status", self.folder / "running", "--json"))["state"], "dead")
        status.update(state="failed", message="the disk is full")
        (made / "status.json").write_text(json.dumps(status))
        self.assertIn("error: the disk is full", self.call("status", self.folder / "running"))
        self.call("status", self.folder, status=4)

    def test_status_waits_for_a_run_to_end(self):
        self.call("status", self.dataset, "--wait", 1)
        log = self.folder / "waited/log"
        log.mkdir(parents=True)
        status = json.loads((self.dataset / "log/status.json").read_text())

        def put(**changed):
            now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
            (log / "new").write_text(json.dumps({**status, "updated": now, "pid": os.getpid(), **changed}))
            (log / "new").rename(log / "status.json")

        for state, code in (("failed", 1), ("stopped", 75), ("done", 0), ("running", 5)):
            put(state=state)
            self.call("status", self.folder / "waited", "--wait", 1, status=code)
            self.call("status", self.folder / "waited", "--wait", 0, status=code)  # asks once
            self.call("status", self.folder / "waited")
        put(state="running", updated="2020-01-01T00:00:00.000Z", host="elsewhere")  # nobody has heard from it for long
        self.call("status", self.folder / "waited", "--wait", 60, status=1)
        put(state="running")
        waiting = subprocess.Popen([BINARY, "status", self.folder / "waited", "--wait", "60", "--json"],
                                   stdout=subprocess.PIPE, text=True)
        time.sleep(0.7)
        self.assertIsNone(waiting.poll())
        put(state="stopped")
        told, _ = waiting.communicate(timeout=60)
        self.assertEqual((waiting.returncode, json.loads(told)["state"]), (75, "stopped"))


if __name__ == "__main__":
    unittest.main()

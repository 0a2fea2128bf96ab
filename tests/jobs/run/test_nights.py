"""Many nights of files that come, change and go, of changed settings and of crashes: each publishes what
a full rebuild of the same catalogue publishes, byte for byte, and opens no source file that is unchanged."""

import ctypes
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import time
import unittest

from program import BINARY, ENVIRONMENT, LONG, InFolder, command, digests, end, lines, manifest, run, write_job
from stages import log_since, log_sizes, of_rank_0, ranks_of, stage_seconds, stages_begun

NIGHTS = 30 if LONG else 9
SEED = int(os.environ.get("SHARDMILL_SEED", time.time()))
LIBC = ctypes.CDLL(None, use_errno=True)
STAGES = ("read", "dedup.exact", "dedup.minhash", "tokenize", "groups", "decide", "write", "record")  # the last publishes
IN_OPEN, IN_NONBLOCK = 0x20, 0x800


class Opened:
    """Which of some files any process opens: as the kernel tells it (inotify)."""

    def __init__(self, paths):
        self.descriptor = LIBC.inotify_init1(IN_NONBLOCK)
        if self.descriptor < 0:
            raise unittest.SkipTest("inotify: " + os.strerror(ctypes.get_errno()))
        self.names = {LIBC.inotify_add_watch(self.descriptor, os.fsencode(path), IN_OPEN): path.name for path in paths}

    def end(self):
        opened = set()
        try:
            while events := os.read(self.descriptor, 1 << 16):
                while events:
                    watch, _, _, length = struct.unpack_from("iIII", events)
                    opened.add(self.names.get(watch))
                    events = events[16 + length:]
        except BlockingIOError:
            pass
        os.close(self.descriptor)
        return opened


class Rebuilds(InFolder):
    def equals_a_rebuild(self, night):
        """The same catalogue, nothing from the store and no snapshot to share shards with."""
        copy = self.folder / "rebuilt"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        (copy / "out").mkdir()
        shutil.copy2(self.folder / "out/catalog.json", copy / "out")
        for name in ("in", "down.txt"):
            (copy / name).symlink_to(self.folder / name)
        shutil.copy2(self.folder / "job.yaml", copy)
        self.succeeds(run(copy, "--fresh"))
        self.assertEqual(digests(self.folder), digests(copy), f"night {night}")
        ours, theirs = manifest(self.folder), manifest(copy)
        self.assertEqual(theirs["logical_digest"], ours["logical_digest"])
        self.assertEqual(theirs["dropped"], ours["dropped"])


class Nights(Rebuilds):
    STEPS = ("\n  - exclude: {ids: %s}\n  - filter: {min_words: %d}\n  - dedup.exact: {}\n"
             "  - dedup.minhash: {preset: fineweb, bands: %d, threshold: %s}\n"
             "  - tokenize: {encoding: bytes, allow_special: %s}\n"
             "  - split: {train: 0.8, test: 0.2, by: %s}\n")

    def test_each_is_a_full_rebuild(self):
        print(f"seed {SEED}", flush=True)
        self.choose = random.Random(SEED)
        self.settings = {"words": 3, "bands": 14, "threshold": 0.75, "special": "false", "by": "cluster", "shard": "16KiB"}
        (self.folder / "down.txt").write_text("")
        self.made = 0
        for _ in range(6):
            self.add()
        kinds, crashes, stages, of_rows = set(), [], [], 0
        for night in range(NIGHTS):
            words = self.settings["words"]
            changed = self.next_night(kinds) if night else set(os.listdir(self.folder / "in"))
            if night == NIGHTS // 2 and words == self.settings["words"]:  # whatever was drawn, one night does
                self.change_row_step()
            crashes_tonight = night % 3 == 2
            if crashes_tonight:  # in a run that has something to do
                changed.add(self.add())
            if words != self.settings["words"]:  # of a step that reads documents: all are read again
                of_rows += 1
                changed = set(os.listdir(self.folder / "in"))
            self.write_job()
            if crashes_tonight:
                stages = stages or self.choose.sample(STAGES, len(STAGES))  # each as often as the others
                crashes.append(self.crash(stages.pop(), seconds))
            ranks = self.choose.choice([1, 1, 2, 3])
            watched = Opened([path for path in (self.folder / "in").iterdir() if path.name not in changed])
            compact = night and self.choose.random() < 0.2
            sizes = log_sizes(self.folder)
            done = run(self.folder, *["--memory", "256MiB"] + ["--compact"] * compact, ranks=ranks)
            opened = watched.end()
            self.succeeds(done)
            seconds = stage_seconds(self.folder, sizes)
            self.assertEqual(opened, set(), "unchanged files were opened")
            self.assertTrue(any(name.startswith("tokens/") for name in digests(self.folder)))
            self.equals_a_rebuild(night)
            if self.choose.random() < 0.3:
                before = digests(self.folder)
                self.assertIn("nothing changed", self.succeeds(run(self.folder)).stderr)
                self.assertEqual(digests(self.folder), before)
        print("nights with", sorted(kinds), of_rows, "of a changed row step; crashed in", crashes, flush=True)
        self.assertGreater(of_rows, 0)
        self.assertGreater(2 * sum(map(bool, crashes)), len(crashes), "runs were over before they were killed")

    def add(self):
        self.made += 1
        name = f"{self.choose.randrange(1000):03}-{self.made}.jsonl"
        content = lines(self.choose.randint(1, 40), seed=self.choose.randint(1, 12), words=self.choose.choice([2, 20, 60]))
        self.put(name, content)
        return name

    def next_night(self, kinds):
        changed = set()
        files = sorted(os.listdir(self.folder / "in"))
        for _ in range(self.choose.randint(0, 3)):
            kind = self.choose.choice(["add", "edit", "delete", "takedown", "setting", "row setting", "touch"])
            kinds.add(kind)
            name = self.choose.choice(files)
            path = self.folder / "in" / name
            if kind == "add":
                changed.add(self.add())
            elif kind == "edit" and path.exists():
                documents = path.read_bytes().splitlines(keepends=True)
                documents[self.choose.randrange(len(documents))] = lines(1, seed=self.choose.randint(1, 12))
                path.write_bytes(b"".join(documents))
                changed.add(name)
            elif kind == "delete" and path.exists() and len(os.listdir(self.folder / "in")) > 3:
                path.unlink()
            elif kind == "takedown":
                with open(self.folder / "down.txt", "a") as down:
                    down.write(f"{self.choose.randint(1, 12)}-{self.choose.randrange(40)}\n")
            elif kind == "setting":
                name, values = self.choose.choice([("threshold", [0.7, 0.8, 0.9]), ("by", ["cluster", "document"]),
                                                   ("shard", ["8KiB", "16KiB", "1MiB"]), ("bands", [13, 14, 15]),
                                                   ("special", ["false", "true"])])
                self.settings[name] = self.choose.choice(values)
            elif kind == "row setting":
                self.change_row_step()
            elif kind == "touch" and path.exists():
                os.utime(path)
                changed.add(name)
        return changed

    def write_job(self):
        s = self.settings
        write_job(self.folder, steps=self.STEPS % ("down.txt", s["words"], s["bands"], s["threshold"], s["special"], s["by"]),
                  extra="write: {text: {shard_size: %s}}" % s["shard"])

    def change_row_step(self):
        self.settings["words"] = self.choose.choice([words for words in (2, 3, 5, 25) if words != self.settings["words"]])

    def crash(self, stage, seconds):
        """Kills a run, ranks and launcher, at some moment of this stage; the one it was in, or nothing when it had ended."""
        sizes, ranks = log_sizes(self.folder), self.choose.choice([1, 2])
        process = subprocess.Popen(command(ranks=ranks), cwd=self.folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, start_new_session=True)
        deadline = time.monotonic() + 60
        while stage not in stages_begun(self.folder, sizes) and process.poll() is None:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.001)
        time.sleep(self.choose.uniform(0, seconds[stage]))
        for pid in ranks_of(process, ranks) if process.poll() is None else []:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        end(process)
        begun, ended = stages_begun(self.folder, sizes), of_rank_0(log_since(self.folder, sizes), "run_ended")
        return begun[-1] if begun and not ended else None


class OldShards(Rebuilds):
    """What a document's rows say is not for later documents to change."""

    def test_a_near_duplicate_of_a_lone_document_changes_no_row_of_it(self):
        def document(id_, text, **more):
            return json.dumps({"id": id_, "text": " ".join(text), **more}).encode() + b"\n"

        for split in ("", ", group_by: author"):
            with self.subTest(split):
                choose = random.Random(len(split))
                shutil.rmtree(self.folder / "out", ignore_errors=True)
                (self.folder / "in/b.jsonl").unlink(missing_ok=True)
                texts = [["w%d" % choose.randrange(9000) for _ in range(40)] for _ in range(100)]
                self.put("a.jsonl", b"".join(document("a%d" % n, text, author="a%d" % n) for n, text in enumerate(texts)))
                write_job(self.folder, steps="\n  - dedup.minhash: {preset: fineweb}\n  - split: {train: 0.5, test: 0.5%s}\n"
                          % split, extra="write: {text: {shard_size: 8KiB}}")
                self.succeeds(run(self.folder))
                before = self.inodes()
                self.put("b.jsonl", document("near", texts[3][:-1]) + document("other", reversed(texts[4]), author="a5"))
                self.succeeds(run(self.folder))
                self.assertEqual(manifest(self.folder)["dropped"], {"dedup.minhash": {"near_duplicate": 1}})
                self.assertEqual(self.inodes(), before)
                self.assertGreater(len(before), 2)
                self.equals_a_rebuild(split)

    def inodes(self):
        """Of the ledger and the texts of the first epoch, by path."""
        current = self.folder / "out/current"
        return {str(path.relative_to(current)): os.stat(path).st_ino
                for name in ("ledger", "text") for path in (current / name).rglob("0001-*.h5")}


class SameJob(InFolder):
    def test_what_a_job_file_says_counts_and_not_how(self):
        self.put("a.jsonl", lines(30))
        write_job(self.folder, steps="\n  - filter: {min_words: 3, max_words: 90}\n  - split: {train: 0.8, test: 0.2}\n")
        job = self.folder / "job.yaml"

        def published(*options):
            before = manifest(self.folder)["snapshot"]
            done = self.succeeds(run(self.folder, "--memory", "256MiB", *options))
            after = manifest(self.folder)["snapshot"]
            self.assertEqual("nothing changed since" in done.stderr, before == after)
            return after != before

        self.succeeds(run(self.folder))
        self.assertFalse(published())
        text = job.read_text()
        job.write_text("# why: see the ticket\n" + text.replace("min_words: 3, max_words: 90", "max_words: 90, min_words: 3"))
        self.assertFalse(published())
        self.assertFalse(published("--set", "steps.filter.min_words=3"))
        # No document is dropped by this, and yet the job is another: the next snapshot says so.
        self.assertTrue(published("--set", "steps.filter.min_words=4"))
        self.assertFalse(published("--set", "steps.filter.min_words=4"))
        self.assertTrue(published())
        text = job.read_text()
        for check in ("row_count: {min: 1}", "completeness: {column: id, min: 1, name: q}", "uniqueness: {column: id, min: 1, name: q}",
                      "in_set: {column: source, values: [s, a, b]}", 'in_set: {column: source, values: [s, "a, b"]}',
                      "in_set: {column: source, values: ['s', '\"a, b\"']}"):
            job.write_text(text + f"checks:\n  - {check}\n")
            self.assertTrue(published(), check)
            self.assertFalse(published(), check)
        self.assertIn('"a, b', manifest(self.folder)["job"])


class Columns(InFolder):
    def test_a_column_that_no_document_has_any_more_is_told(self):
        """The catalogue knows it of a file that is gone."""
        said = "dedup.exact: keep names the column 'q', which no document has"

        def warnings():
            told = subprocess.run([BINARY, "plan", "job.yaml", "--json"], cwd=self.folder, env=ENVIRONMENT, capture_output=True,
                                  check=True)
            return json.loads(told.stdout)["warnings"]

        write_job(self.folder, steps='\n  - dedup.exact: {keep: "newest:q"}')
        self.put("a.jsonl", b'{"text": "one", "q": 3}\n')
        self.assertEqual(warnings(), [])  # nothing is known of files that are still to be read
        self.assertNotIn("no document has", self.succeeds(run(self.folder)).stderr)
        self.assertEqual(warnings(), [])
        self.put("a.jsonl", b'{"text": "two"}\n')
        for _ in range(2):
            self.assertIn(f"shardmill: warning: {said}\n", self.succeeds(run(self.folder)).stderr)
            self.assertEqual(warnings(), [said])


if __name__ == "__main__":
    unittest.main()

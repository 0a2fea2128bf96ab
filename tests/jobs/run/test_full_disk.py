"""A disk that fills up, at every size: one clear line, nothing published, and the same command goes
on when there is space again."""

import collections
import json
import os
import random
import resource
import subprocess
import time
import unittest

from program import LONG, InFolder, digests, lines, manifest, published, run, write_job

KIB = 1024
PLACES = ("/store/fragments/", "/store/sketches/", "/store/steps/", "/store/pairs/", "/text/", "/ledger/", "/clusters/",
          "/.staging-")  # the last: what describes a snapshot, written right before it is published
DISKS = 100 if LONG else 6
SEED = int(os.environ.get("SHARDMILL_SEED", time.time()))


class FullDisk(InFolder):
    def corpus(self):
        """Some fragments' worth of everything; returns the digests of an undisturbed run."""
        self.put("a.jsonl", lines(250, words=60))
        write_job(self.folder)
        self.succeeds(run(self.folder))
        expected, whole = digests(self.folder), self.folder / "out"
        size = sum(path.stat().st_size for path in whole.rglob("*") if path.is_file())
        whole.rename(self.folder / "undisturbed")
        return expected, size

    def mount(self, size):
        out = self.folder / "out"
        out.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(out)],
                              capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest("a file system of a chosen size cannot be mounted: " + done.stderr)
        self.addCleanup(subprocess.run, ["umount", str(out)], check=True)

    def taken(self):
        status = os.statvfs(self.folder / "out")
        return (status.f_blocks - status.f_bfree) * status.f_frsize

    def size_of(self, *folders):
        """On the disk, in whole blocks."""
        return sum(path.stat().st_blocks * 512 for name in folders for path in (self.folder / "out" / name).rglob("*"))

    def resize(self, size):
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.folder / "out")], check=True)

    @unittest.skipIf(os.geteuid() != 0, "needs root to mount a file system of a chosen size")
    def test_a_disk_that_grows_until_the_run_fits(self):
        expected, size = self.corpus()
        self.mount(24 * KIB)
        full, met = set(), set()
        for space in range(24 * KIB, 4 * size, 24 * KIB):
            self.resize(space)
            ranks = 1 + space // KIB // 24 % 3
            done = run(self.folder, ranks=ranks)
            if done.returncode == 0:
                break
            # Each run also writes some KiB of log.
            self.refused(done, 1, self.folder / "out", "No space left on device", "free space")
            met.add(ranks)
            full.update(part for part in PLACES if part in done.stderr)
        print("full at", sorted(full), "until", space // KIB, "KiB", flush=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(digests(self.folder), expected)
        # What is larger than a step of the disk; the others may fit at once.
        self.assertLessEqual({"/store/fragments/", "/text/"}, full)
        self.assertEqual(met, {1, 2, 3})

    def begin(self, night):
        """Nothing there but the input or, for a night, what was published before its last file came."""
        for path in (self.folder / "out").iterdir():
            subprocess.run(["rm", "-rf", str(path)], check=True)
        (self.folder / "in/b.jsonl").unlink(missing_ok=True)
        if night:
            self.succeeds(run(self.folder))
        self.before = published(self.folder)
        self.put("b.jsonl", lines(250, seed=2, words=60))

    @unittest.skipIf(os.geteuid() != 0, "needs root to mount a file system of a chosen size")
    def test_a_disk_that_is_full_somewhere(self):
        """The same command goes on, on other ranks, when there is space. Drawn in turn among the fragments, the steps, which
        are small, and the snapshot: of a first run or of a night."""
        print(f"seed {SEED}", flush=True)
        choose, roomy, full, met = random.Random(SEED), 64 * KIB * KIB, collections.Counter(), collections.Counter()
        self.put("a.jsonl", lines(250, words=60))
        write_job(self.folder)
        self.mount(roomy)
        expected, spans = [], []
        for night in (0, 1):
            self.begin(night)
            sizes = lambda: (self.taken(), self.size_of("store/fragments", "store/sketches"),
                             self.size_of("store/steps", "store/pairs"))
            before = sizes()
            self.succeeds(run(self.folder))
            expected.append(digests(self.folder))
            used, fragments, steps = (after - had for after, had in zip(sizes(), before))
            least, most = 4 * KIB, 32 * KIB  # what the logs and the catalogue take: of one rank, of three
            behind = fragments + steps + most
            spans.append(((20 * KIB, fragments), (fragments + least, behind), (behind, used)))
        for trial in range(DISKS):
            night, (least, most) = trial // 3 % 2, spans[trial // 3 % 2][trial % 3]
            with self.subTest(seed=SEED, trial=trial):
                self.begin(night)
                self.resize(self.taken() + choose.randrange(least, most, 4 * KIB))
                first, second = choose.sample([1, 2, 3], 2)
                done = run(self.folder, ranks=first)
                if done.returncode != 0:
                    self.refused(done, 1, self.folder / "out", "No space left on device", "free space")
                    [place] = [part for part in PLACES if part in done.stderr][:1] or ["elsewhere"]
                    full[place] += 1
                    met[f"{first} ranks"] += 1
                self.resize(roomy)
                self.succeeds(run(self.folder, ranks=second))
                self.assertEqual(digests(self.folder), expected[night])
        print("full at", dict(full), "of", DISKS, "on", dict(met), flush=True)
        self.assertGreater(2 * full.total(), DISKS)
        if LONG:  # a few disks are full in a few places only
            self.assertLessEqual({"/store/fragments/", "/store/sketches/", "/store/steps/", "/text/", "/ledger/"}, set(full))
            self.assertEqual(len(met), 3)

    @unittest.skipIf(os.geteuid() != 0, "needs root to mount a file system of a chosen size")
    def test_what_was_published_stays_when_the_next_night_does_not_fit(self):
        self.put("a.jsonl", lines(250, words=60))
        write_job(self.folder)
        self.mount(64 * KIB * KIB)
        self.succeeds(run(self.folder))
        self.before = published(self.folder)
        self.put("b.jsonl", lines(250, seed=2, words=60))
        filler = self.folder / "out/filler"
        status = os.statvfs(self.folder / "out")
        free = status.f_bfree * status.f_frsize
        for left in (0, 16, 120):
            filler.write_bytes(bytes(free - left * KIB))
            self.refused(run(self.folder), 1, self.folder / "out", "No space left", "free space")
        filler.unlink()
        self.succeeds(run(self.folder))
        self.assertEqual(len(list((self.folder / "out/snapshots").iterdir())), 2)

    def test_scratch_has_a_limit(self):
        self.put("a.jsonl", lines(250, words=60))
        write_job(self.folder)
        spilling = {"environment": {"SHARDMILL_FORCE_SPILL": "1"}, "ranks": 2}
        self.succeeds(run(self.folder, **spilling))
        expected, self.before = digests(self.folder), published(self.folder)
        peaks = manifest(self.folder, "run.json")["peak_scratch"]
        self.assertEqual((len(peaks), min(peaks) > 0), (2, True))
        for share in (0.01, 0.5):  # what arrives when differs from run to run
            limit = int(max(peaks) * share)
            self.refused(run(self.folder, "--fresh", "--scratch-limit", str(limit), **spilling), 1,
                         "scratch", f" of the {limit} that --scratch-limit allows", "more bytes")
        self.succeeds(run(self.folder, "--fresh", "--scratch-limit", str(2 * max(peaks)), **spilling))
        self.assertEqual(digests(self.folder), expected)

    @unittest.skipIf(os.geteuid() != 0, "needs root to mount a file system of a chosen size")
    def test_scratch_is_full(self):
        self.put("a.jsonl", lines(250, words=60))
        write_job(self.folder)
        self.mount(200 * KIB)
        done = run(self.folder, "--scratch", str(self.folder / "out"), "--set", f"output={self.folder}/elsewhere",
                   environment={"SHARDMILL_FORCE_SPILL": "1"})
        self.refused(done, 1, f"scratch folder {self.folder}/out/", "is full", "more; free some space", "--scratch")

    def test_files_that_may_not_grow(self):
        # Open MPI's own files need some of the limit, so ours must want to be larger.
        noise = random.Random(4)
        self.put("a.jsonl", b"".join(json.dumps({"text": noise.randbytes(8000).hex()}).encode() +
                                     b"\n" for _ in range(1500)))
        write_job(self.folder, extra="write: {text: {shard_size: 100MiB}}")
        roomy = "--memory", "1GiB"  # nothing goes to scratch
        limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, 4 << 20))}
        told = "File too large", "free space"
        self.refused(run(self.folder, *roomy, **limit), 1, self.folder / "out/store/fragments", *told)
        self.succeeds(run(self.folder, *roomy, "--dry-run"))
        self.refused(run(self.folder, *roomy, **limit), 1, self.folder / "out/snapshots", ".h5", *told)
        self.succeeds(run(self.folder))


if __name__ == "__main__":
    unittest.main()

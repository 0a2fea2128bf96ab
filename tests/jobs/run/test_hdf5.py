"""HDF5 as input: what h5py wrote, published datasets, and files that are damaged or unusable."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

import h5py
import numpy

from program import BINARY, ENVIRONMENT, InFolder, LONG, digests, lines, manifest, quarantine, run, write_job

NO_STEPS = "\n  - normalize: {unicode: none}\n"
HDF5 = ", format: hdf5"
TYPES = ["i1", "<i2", ">i4", "i8", "u1", ">u2", "u4", "u8", "f2", "<f4", ">f8", "?", "S7", "str"]


def random_column(choose, dtype, n):
    """n values of this type, the ends of its range among them."""
    if dtype == "str":
        return ["".join(choose.choices('ab"\\\n\té中 ', k=choose.choice([0, 1, 9, 300]))) for _ in range(n)]
    kind = numpy.dtype(dtype)
    if kind.kind == "S":
        return ["".join(choose.choices("ab c", k=choose.randrange(8))).rstrip("\0").encode() for _ in range(n)]
    if kind.kind == "b":
        return [choose.random() < 0.5 for _ in range(n)]
    if kind.kind == "f":
        return [choose.choice([0.0, 1.0, -2.5, float(numpy.finfo(kind).max), float(numpy.finfo(kind).tiny),
                               float("nan"), choose.random()]) for _ in range(n)]
    limits = numpy.iinfo(kind)
    return [choose.choice([limits.min, limits.max, choose.randint(0, 100)]) for _ in range(n)]


def children(pid, task):
    try:
        with open(f"/proc/{pid}/task/{task}/children") as file:
            return [int(child) for child in file.read().split()]
    except FileNotFoundError:
        return []


def is_reader(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"hdf5-rows" in file.read().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False


def has_opened(pid, name):
    """Before that it may not have said yet with whom it dies; nor does it hang."""
    try:
        return any(os.path.basename(os.readlink(f"/proc/{pid}/fd/{fd}")) == name for fd in os.listdir(f"/proc/{pid}/fd"))
    except (FileNotFoundError, ProcessLookupError):
        return False


class Hdf5(InFolder):
    def documents(self, dataset="out"):
        done = subprocess.run([BINARY, "export", dataset, "--to", "-"], cwd=self.folder,
                              env=ENVIRONMENT, capture_output=True, text=True)
        return [json.loads(line) for line in self.succeeds(done).stdout.splitlines()]

    def file(self, **datasets):
        path = self.folder / "in/a.h5"
        with h5py.File(path, "w") as file:
            for name, values in datasets.items():
                file[name] = values
        write_job(self.folder, steps=NO_STEPS, source=HDF5)
        return path

    def test_random_tables(self):
        seed = int(os.environ.get("SHARDMILL_SEED", time.time()))
        print("seed", seed)
        choose, n = random.Random(seed), 20_000
        expected, path = {}, self.folder / "in/a.hdf5"
        with h5py.File(path, "w", libver=choose.choice(["earliest", "latest"])) as file:
            group = file.create_group("deep/data")
            for name, dtype in [("id", "str"), ("text", "str")] + [(t.strip("<>"), t) for t in TYPES]:
                values = [f"{i}" for i in range(n)] if name == "id" else random_column(choose, dtype, n)
                stored = choose.choice([{}, {"chunks": (777,)}, {"chunks": (5000,), "compression": "gzip",
                                                                 "shuffle": True, "fletcher32": dtype != "str"}])
                group.create_dataset(name, data=values, dtype=h5py.string_dtype() if dtype == "str" else dtype, **stored)
                expected[name] = group[name].asstr()[:] if dtype in ("str", "S7") else group[name][:]
        write_job(self.folder, steps=NO_STEPS, source=f"{HDF5}, group: /deep/data")
        self.succeeds(run(self.folder, ranks=2))
        self.assertEqual(manifest(self.folder)["quarantined"], 0)
        got = self.documents()
        self.assertEqual(sorted(int(d["id"]) for d in got), list(range(n)))
        for document in got:
            row = int(document["id"])
            for name, values in expected.items():
                value = values[row]
                if isinstance(value, numpy.floating) and numpy.isnan(value):
                    self.assertIsNone(document.get(name), (name, row))
                else:
                    self.assertEqual(document[name], value if isinstance(value, str) else value.item(),
                                     (name, row))

    def test_a_published_dataset_gives_its_documents_back(self):
        rows = [json.loads(line) for line in lines(300).splitlines()]
        for i, row in enumerate(rows):
            row["text"] += ' "q" \\ \u0000 é'
            row.update({} if i % 3 else {"whole": float(i), "flag": i % 2 == 0, "n": -(2**63) + i, "s": "",
                                         "mixed": i if i % 2 else {"a": [1, None]}, "a/b.valid": "x"})
        self.put("a.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())
        write_job(self.folder)
        self.succeeds(run(self.folder))
        first = self.documents()
        (self.folder / "out").rename(self.folder / "first")
        seen = set()
        for ranks in (1, 3):
            write_job(self.folder, steps=NO_STEPS, source=HDF5, read="first/current/text/*/*.h5")
            self.succeeds(run(self.folder, ranks=ranks))
            self.assertEqual(manifest(self.folder)["quarantined"], 0)
            second = self.documents()
            for document in second:
                self.assertEqual(document.pop("field.source"), "s")
            without = [{k: v for k, v in d.items() if k != "split"} for d in first]
            self.assertEqual(*(sorted(json.dumps({k: v for k, v in d.items() if k != "split"}, sort_keys=True)
                                      for d in side) for side in (without, second)))
            seen.add(tuple(sorted(digests(self.folder).items())))
            shutil.rmtree(self.folder / "out")
        self.assertEqual(len(seen), 1)

    def test_rows_that_are_no_documents(self):
        text = numpy.array([b"a", b"\xff", b"c", b"d"], dtype=object)
        self.file(**{"x\ny": [1.5, 2, float("inf"), 4]})
        with h5py.File(self.folder / "in/a.h5", "a") as file:
            file.create_dataset("text", data=text, dtype=h5py.string_dtype())
        self.refused(run(self.folder), 4, "a.h5", "invalid_utf8")
        self.assertEqual([(q["offset"], q["reason"]) for q in quarantine(self.folder)],
                         [(1, "invalid_utf8"), (2, "wrong_type")])

    def test_a_row_that_is_too_long(self):
        self.file(text=["a", "b" * (9 << 20), "c"])
        write_job(self.folder, steps=NO_STEPS, source=HDF5 + ", max_record: 5MiB")
        self.refused(run(self.folder), 4, "a.h5", "too_long")
        self.assertEqual([(q["offset"], q["reason"]) for q in quarantine(self.folder)], [(1, "too_long")])

    def test_unusable_files(self):
        texts = ["a", "b"]
        for expected, make in (
                ("`n` has 3 rows", lambda f: f.update(n=[1, 2, 3], text=texts)),
                ("/n: has 3 rows, `a` has 2", lambda f: f.update(a=texts, n=[1, 2, 3])),
                ("/m: expected one dimension, or floats of two", lambda f: f.update(m=numpy.zeros((2, 2), int))),
                ("/m: expected one dimension, or floats of two", lambda f: f.update(m=numpy.zeros((2, 2, 2)))),
                ("/m: has rows without numbers", lambda f: f.update(m=numpy.zeros((2, 0)))),
                ("/scalar: expected one dimension", lambda f: f.update(scalar=1)),
                ("/c: expected strings, integers", lambda f: f.update(c=numpy.zeros(2, "i4,f4"))),
                ("has no dataset", lambda f: f.create_group("text")),
                ("/text: is a soft or external link", lambda f: f.update(text=h5py.ExternalLink("b.h5", "/text"))),
                ("/text: is a virtual dataset", virtual_dataset),
                ("/text: has external storage", lambda f: f.create_dataset("text", (2,), "i4", external="/etc/passwd")),
                ("/text: needs the filter 32015", lambda f: h5py.h5d.create(
                    f.id, b"text", h5py.h5t.NATIVE_INT32, h5py.h5s.create_simple((2,)), unavailable_filter()))):
            with self.subTest(expected):
                with h5py.File(self.folder / "in/a.h5", "w") as file:
                    make(file)
                if expected.startswith("`n`"):
                    expected = "/text: has 2 rows, `n` has 3"
                write_job(self.folder, steps=NO_STEPS, source=HDF5)
                done = run(self.folder)
                self.refused(done, 4, "in/a.h5", expected)
                self.assertNotIn(": //", done.stderr)
                shutil.rmtree(self.folder / "out", ignore_errors=True)
        self.file(text=texts, m=numpy.zeros((2, 2)))
        write_job(self.folder, steps=NO_STEPS, source=HDF5 + ", fields: [text]")
        self.succeeds(run(self.folder))
        write_job(self.folder, steps=NO_STEPS, source=HDF5 + ", fields: [txt]")
        self.before = None
        done = run(self.folder)
        self.assertEqual((done.returncode, "no dataset `txt`" in done.stderr), (4, True), done.stderr)

    def test_the_process_that_reads_dies_with_its_rank(self):
        self.file(text=["x" * 1000] * 100_000)
        for _ in range(5):  # a machine may be so busy that the file is read before it is seen
            rank = subprocess.Popen([BINARY, "run", "job.yaml"], cwd=self.folder, env=ENVIRONMENT,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.addCleanup(rank.kill)
            readers = []
            while rank.poll() is None and not readers:
                readers = [pid for task in os.listdir(f"/proc/{rank.pid}/task")
                           for pid in children(rank.pid, task) if is_reader(pid) and has_opened(pid, "a.h5")]
            if not readers:
                shutil.rmtree(self.folder / "out")
                continue
            os.kill(readers[0], signal.SIGSTOP)  # as if it hung: it would not see its pipe close
            rank.kill()
            rank.wait()
            deadline = time.monotonic() + 60
            while is_reader(readers[0]):
                self.assertLess(time.monotonic(), deadline, "it outlives its rank")
                time.sleep(0.01)
            return
        self.skipTest("the process was never seen")

    def test_damaged_files(self):
        """Cut short or changed anywhere: one clear error or a result, never a crash or a hang."""
        seed = int(os.environ.get("SHARDMILL_SEED", 1))
        choose = random.Random(seed)
        self.put("a.jsonl", lines(40))
        write_job(self.folder, steps=NO_STEPS)
        self.succeeds(run(self.folder))
        [shard] = (self.folder / "out/current/text/train").glob("*.h5")
        shard = shard.read_bytes()
        (self.folder / "in/a.jsonl").unlink()
        shutil.rmtree(self.folder / "out")
        table = self.file(text=[f"text {i}" for i in range(50)], n=range(50)).read_bytes()
        for raw in (table, shard):
            for i in range(400 if LONG else 14):
                damaged = bytearray(raw)
                if i % 2:
                    damaged = damaged[:choose.randrange(len(damaged))]
                else:
                    damaged[choose.randrange(min(len(damaged), 4096))] ^= 1 << choose.randrange(8)
                with self.subTest(seed=seed, shard=raw is shard, i=i):
                    self.put("a.h5", damaged)
                    done = run(self.folder)
                    self.assertIn(done.returncode, (0, 4), done.stderr)
                    self.assertNotIn("HDF5-DIAG", done.stderr)
                    if i % 2 or raw is shard and done.returncode:
                        self.assertEqual(done.returncode, 4, done.stderr)
                        self.assertIn("a.h5", done.stderr)
                    shutil.rmtree(self.folder / "out", ignore_errors=True)


def virtual_dataset(file):
    layout = h5py.VirtualLayout((2,), "i4")
    layout[:] = h5py.VirtualSource("b.h5", "text", (2,))
    file.create_virtual_dataset("text", layout)


def unavailable_filter():
    """Chunks compressed by zstd (32015). Optional: h5py cannot make what it does not have."""
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((2,))
    plist.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, ())
    return plist


if __name__ == "__main__":
    unittest.main()

"""Promise 1: the same bytes for any ranks, budget, order of the files on disk and loss of the store."""

import bz2
import gzip
import hashlib
import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml
import zstandard

from tests.mpi_environment import MPI_ENVIRONMENT

BINARY = os.environ.get("SHARDMILL_BIN", str(Path(__file__).parents[3] / "build/release/shardmill"))
ENVIRONMENT = {**os.environ, **MPI_ENVIRONMENT, "SHARDMILL_PROGRESS": "none"}
DOCUMENTS = 2000


class SameBytes(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def write_inputs(self, files, order):
        """The same files, made in another order, with other times: {path: bytes}."""
        for source in {path.split("/")[0] for path in files}:
            shutil.rmtree(self.folder / source, ignore_errors=True)
        for path in order.sample(sorted(files), len(files)):
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(files[path])
            when = order.randint(10**9, 2 * 10**9)
            os.utime(target, (when, when))

    def run_job(self, job, ranks, memory=None, spill=False):
        (self.folder / "job.yaml").write_text(yaml.safe_dump(job, sort_keys=False))
        command = ["mpirun", "-n", str(ranks)] if ranks > 1 else []
        command += [BINARY, "run", "job.yaml"] + (["--memory", memory] if memory else [])
        environment = dict(ENVIRONMENT, **({"SHARDMILL_FORCE_SPILL": "1"} if spill else {}))
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True,
                              text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr

    def published(self):
        """{path: sha256} of what is promised, and the manifest as it is."""
        snapshot = self.folder / "out/current"
        digests = {str(path.relative_to(snapshot)): hashlib.sha256(path.read_bytes()).hexdigest()
                   for kind in ("text", "ledger", "clusters") for path in (snapshot / kind).rglob("*")
                   if path.is_file()}
        digests["quarantine.jsonl"] = hashlib.sha256(
            (snapshot / "quarantine.jsonl").read_bytes()).hexdigest()
        digests["manifest.json"] = (snapshot / "manifest.json").read_text()
        return digests

    def assert_same(self, got, expected, how):
        self.assertEqual(sorted(got), sorted(expected), how)
        for path in expected:
            self.assertEqual(got[path], expected[path], "%s: %s differs" % (how, path))

    def check_every_way(self, job, files, order, least_shards):
        for source in job["sources"]:
            source.setdefault("max_record", "1MiB")  # longer ones need more memory than we give
        expected = None
        for ranks, memory, spill in [(1, None, False), (2, None, False), (3, None, True),
                                     (5, "64MiB", False), (1, "64MiB", True), (2, "64MiB", True)]:
            how = "%d ranks, memory %s, spill %s" % (ranks, memory, spill)
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            self.write_inputs(files, order)
            self.run_job(job, ranks, memory, spill)
            got = self.published()
            if expected is None:
                expected = got
                self.assertGreater(len(expected), least_shards)
                manifest = json.loads(expected["manifest.json"])
                print({name: manifest[name] for name in ("documents_in", "documents_kept", "dropped",
                                                         "changed", "quarantined", "splits")})
                for step, reasons in manifest["dropped"].items():
                    self.assertGreater(sum(reasons.values()), 0, step + " dropped nothing")
            self.assert_same(got, expected, how)

        # What is published stays when the store is gone and everything is read and decided again.
        shutil.rmtree(self.folder / "out/store")
        self.run_job(job, 3)
        self.assert_same(self.published(), expected, "the store deleted")
        # And comes back when a job that publishes something else stood between.
        other = dict(job, seed=job.get("seed", 0) + 1)
        self.run_job(other, 2)
        self.assertNotEqual(self.published(), expected)
        shutil.rmtree(self.folder / "out/store")
        self.run_job(job, 2)
        back = self.published()
        for path in expected:
            if path != "manifest.json":  # counts snapshots
                self.assertEqual(back[path], expected[path], path)

    def test_all_operators_sources_and_formats(self):
        order = random.Random(5)
        files = self.random_files(order)
        job = {"dataset": "same", "output": "out", "seed": 3,
               "sources": [{"name": "web", "read": ["web/**/*.jsonl", "web/*.jsonl.gz", "web/*.zst"],
                            "columns": {"id": "url"}},
                           {"name": "notes", "read": "notes/**/*", "format": "text"},
                           {"name": "packed", "read": "packed/*.bz2", "format": "command",
                            "command": ["bzip2", "-dc"]}],
               "tolerate": {"records": 0.01},
               "steps": [{"normalize": {"whitespace": True, "control_characters": True}},
                         {"exclude": {"ids": "lists/takedown.txt"}},
                         {"filter": {"min_words": 4, "where": 'id < "f"'}},
                         {"dedup.exact": {"keep": ["source", "longest"]}},
                         {"dedup.minhash": {"preset": "fineweb", "keep": ["highest:stars"]}},
                         {"normalize": {"case_fold": True}},
                         {"dedup.minhash": {"preset": "nemo", "bucket_head": 2, "threshold": 0.5,
                                            "bands": 20, "rows": 4}},
                         {"split": {"train": 0.7, "validation": 0.2, "test": 0.1}}],
               "write": {"text": {"shard_size": "8KiB"}}}
        self.check_every_way(job, files, order, least_shards=30)

    def random_files(self, choose):
        """Documents that copy, change and continue earlier ones, cut into files of every kind."""
        texts, records = [], []
        for i in range(DOCUMENTS):
            text = [choose.choice(["ω", "Å", "word", "  x\u0007"]) + str(choose.randrange(5000))
                    for _ in range(choose.randint(3, 60))]
            if texts and choose.random() < 0.6:
                text = list(choose.choice(texts))
                if choose.random() < 0.7:
                    text[choose.randrange(len(text)) :][: choose.randint(0, 3)] = []
                    text[choose.randrange(len(text))] = "changed%d" % i
            texts.append(text)
            record = {"url": "doc-%d" % choose.randrange(DOCUMENTS * 4), "text": " ".join(text)}
            record["lang"] = choose.choice(["en", "de", "xx", None])
            record["stars"] = choose.choice([1, 2.5, 7, None])
            if choose.random() < 0.05:
                record["nested"] = {"a": [1, "é"]}
            records.append(record)
        files = {"lists/takedown.txt": "".join(r["url"] + "\n" for r in records[::40]).encode()}

        def lines(part):
            return [json.dumps(r, ensure_ascii=choose.random() < 0.5).encode() + b"\n" for r in part]

        for i in range(0, DOCUMENTS, 100):
            body, kind = lines(records[i : i + 100]), i // 100 % 5
            half = len(body) // 2
            if kind == 0:
                body.insert(choose.randrange(100), b'{"text": broken\n' if i else b"\xff\xfe\n")
                files["web/deep/%d/plain.jsonl" % choose.randrange(99) + str(i) + ".jsonl"] = b"".join(body)
            elif kind == 1:  # two members
                files["web/m%d.jsonl.gz" % i] = b"".join(
                    gzip.compress(b"".join(part), mtime=0) for part in (body[:half], body[half:]))
            elif kind == 2:  # two frames
                files["web/f%d.jsonl.zst" % i] = b"".join(
                    zstandard.compress(b"".join(part)) for part in (body[:half], body[half:]))
            elif kind == 3:
                for j, record in enumerate(records[i : i + 100]):
                    files["notes/%s/%d-%d" % ("abc"[j % 3], j, i)] = record["text"].encode()
            else:
                files["packed/p%d.bz2" % i] = bz2.compress(b"".join(body))
        return files

    def test_the_copyright_files_of_this_machine(self):
        """Real texts, full of real duplicates."""
        files = sorted(Path("/usr/share/doc").glob("*/copyright"))[:500]
        if len(files) < 50:
            self.skipTest("fewer than 50 files /usr/share/doc/*/copyright: not tested on real texts")
        contents = {"doc/%s/copyright" % path.parent.name: path.read_bytes() for path in files}
        job = {"dataset": "copyright", "output": "out",
               "sources": [{"name": "doc", "read": "doc/**/copyright", "format": "text"}],
               "tolerate": {"records": 1},
               "steps": [{"normalize": {}}, {"dedup.exact": {}},
                         {"dedup.minhash": {"preset": "bigcode", "keep": ["longest"]}},
                         {"split": {"train": 0.8, "test": 0.2}}],
               "write": {"text": {"shard_size": "256KiB"}}}
        self.check_every_way(job, contents, random.Random(1), least_shards=5)


if __name__ == "__main__":
    unittest.main()

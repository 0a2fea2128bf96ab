"""How the end-to-end tests run the real program, and what they look at afterwards."""

import hashlib
import json
import os
import random
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from tests.mpi_environment import MPI_ENVIRONMENT

BINARY = os.environ["SHARDMILL_BIN"]
LONG = os.environ.get("SHARDMILL_LONG") == "1"
NOBODY = 65534
ENVIRONMENT = {**os.environ, **MPI_ENVIRONMENT, "SHARDMILL_PROGRESS": "none"}
STEPS = """
  - dedup.exact: {}
  - dedup.minhash: {preset: fineweb}
  - split: {train: 0.8, test: 0.2}
"""


def command(*options, ranks=1):
    own = [BINARY, "run", "job.yaml", *(options or ("--memory", "256MiB"))]
    return ["mpirun", "-n", str(ranks), *own] if ranks > 1 else own


def run(folder, *options, ranks=1, environment=(), **popen):
    """The command of this folder's job file, to its end."""
    return subprocess.run(command(*options, ranks=ranks), cwd=folder, capture_output=True,
                          text=True, timeout=300, env=dict(ENVIRONMENT, **dict(environment)),
                          **popen)


def lines(documents, seed=1, words=40):
    """JSON lines with ids "seed-0", "seed-1", …; every fifth text is nearly another one."""
    random_words, texts = random.Random(seed), []
    for i in range(documents):
        text = [f"w{random_words.randrange(9000)}" for _ in range(words)]
        if i % 5 == 4:
            text = texts[-1][:-2] + text[:1]
        texts.append(text)
    return b"".join(json.dumps({"id": f"{seed}-{i}", "text": " ".join(text)}).encode() + b"\n"
                    for i, text in enumerate(texts))


def write_job(folder, extra="", steps=STEPS, source="", read="in/*"):
    (folder / "job.yaml").write_text(
        "dataset: d\noutput: out\nsources:\n"
        f"  - {{name: s, read: \"{read}\"{source}}}\nsteps:{steps}{extra}\n")


def published(folder):
    """Everything a reader may see: path -> bytes, and where `current` points."""
    files = {}
    for path in sorted((folder / "out").glob("snapshots/[0-9]*/**/*")):
        if path.is_file():
            files[str(path.relative_to(folder))] = path.read_bytes()
    link = folder / "out/current"
    if link.is_symlink():
        files["current"] = os.readlink(link)
    return files


def digests(folder):
    """Of what promise 1 covers: all shards of the current snapshot, and what belongs to them."""
    current = folder / "out/current"
    return {str(path.relative_to(current)): hashlib.sha256(path.read_bytes()).hexdigest()
            for name in ("text", "tokens", "token_documents", "ledger", "clusters", "tables")
            for path in (current / name).rglob("*") if path.is_file()}


def store(folder):
    """What is committed: path -> identity of the file. Parts of a step count once it is done, and what it had
    begun is gone then. Which files a run has used is no work, and remembered pairs are written anew whenever their
    step is computed."""
    root = folder / "out/store"
    seen = [(path, path.stat()) for path in root.rglob("*")
            if path.is_file() and ".tmp-" not in path.name and path.name != "used.txt"
            and not {root / "pairs", root / "begun"} & set(path.parents)
            and (not path.name.startswith("part-") or (path.parent / "done").exists())]
    return {str(path.relative_to(root)): (status.st_ino, status.st_mtime_ns)
            for path, status in seen}


def manifest(folder, name="manifest.json"):
    return json.loads((folder / "out/current" / name).read_text())


def quarantine(folder):
    """The records of the staging folder of a run that failed."""
    [path] = (folder / "out/snapshots").glob(".staging-*/quarantine.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def end(process, number=signal.SIGKILL):
    """Ends a process that leads its own group, and the group; nothing when it has ended already."""
    if process.poll() is None:
        os.killpg(process.pid, number)
        process.wait()
    process.stderr.close()


class InFolder(unittest.TestCase):
    def setUp(self):
        name = tempfile.TemporaryDirectory()
        self.addCleanup(name.cleanup)
        self.folder = Path(name.name)
        self.folder.chmod(0o777)
        (self.folder / "in").mkdir()

    def put(self, name, content):
        path = self.folder / "in" / name
        path.write_bytes(content)
        return path

    def publish(self, **job):
        """A first snapshot that no later failure may touch."""
        self.put("a.jsonl", lines(60))
        write_job(self.folder, **job)
        self.succeeds(run(self.folder))
        self.before = published(self.folder)

    def succeeds(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def refused(self, done, code, *parts):
        """Ended with this code and one line that says all of `parts`; nothing was published.
        Warnings, that the log cannot be written, may come before it."""
        told = [line for line in done.stderr.splitlines()
                if line.startswith("shardmill: ") and not line.startswith("shardmill: warning: ")]
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(len(told), 1, done.stderr)
        self.assertNotIn("internal error", told[0])
        for part in parts:
            self.assertIn(str(part), told[0])
        self.assertEqual(done.stdout, "")
        if "mpirun" not in done.args:
            self.assertTrue(all(line.startswith("shardmill: ") for line in
                                done.stderr.splitlines()), done.stderr)
        self.assertEqual(published(self.folder), getattr(self, "before", {}))

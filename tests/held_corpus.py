"""A dataset whose read pass waits for the test: six fragments from a program, and one of them can be held."""

import hashlib
import json
import os
import subprocess
import time

from tests.mpi_environment import MPI_ENVIRONMENT

# Its files are empty and large, so that each is a fragment of its own; what they hold is said by this program.
PROGRAM = """#!/usr/bin/python3
import json, pathlib, random, sys, time
path = pathlib.Path(sys.argv[-1]).resolve()
hold = path.parents[1] / "hold"
deadline = time.monotonic() + 120
if path.name == "2" and hold.exists():
    (path.parents[1] / "held").touch()
    while hold.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
choose = random.Random(path.name)
text = []
for i in range(200):
    if i % 4:
        text = ["w%d" % choose.randrange(3000) for _ in range(40)]
    print(json.dumps({"id": "%s-%d" % (path.name, i), "text": " ".join(text[:-1] + text[:1])}))
"""
FRAGMENTS = 6


class HeldCorpus:
    def __init__(self, folder, held=True):
        self.folder = folder
        (folder / "in").mkdir(parents=True)
        (folder / "say.py").write_text(PROGRAM)
        (folder / "say.py").chmod(0o755)
        for n in range(FRAGMENTS):
            with open(folder / f"in/{n}", "wb") as file:
                file.truncate(33 << 20)
        self.job = folder / "job.yaml"
        self.job.write_text("dataset: held\noutput: out\nsources:\n"
                            f"  - {{name: s, read: 'in/*', format: command, command: ['{folder}/say.py']}}\n"
                            "steps:\n  - dedup.exact: {}\n  - dedup.minhash: {preset: fineweb}\n"
                            "  - split: {train: 0.9, test: 0.1}\nwrite: {text: {shard_size: 64KiB}}\n")
        self.out = folder / "out"
        if held:
            (folder / "hold").touch()

    def fragments(self):
        """How many are committed."""
        return len(list((self.out / "store/fragments").glob("[0-9a-f]*.seg")))

    def wait_until_held(self, fragments=4, seconds=60):
        """Until the run waits and so many fragments are committed: with two or three ranks, all but the one
        that is held and the one behind it."""
        deadline = time.monotonic() + seconds
        while not (self.folder / "held").exists() or self.fragments() < fragments:
            if time.monotonic() > deadline:
                raise AssertionError(f"not held with {fragments} fragments after {seconds} s but with {self.fragments()}")
            time.sleep(0.05)

    def release(self):
        (self.folder / "hold").unlink()

    def run_to_the_end(self):
        """On one rank, undisturbed."""
        done = subprocess.run([os.environ["SHARDMILL_BIN"], "run", self.job, "--memory", "256MiB"], text=True,
                              capture_output=True, timeout=120,
                              env={**os.environ, **MPI_ENVIRONMENT, "SHARDMILL_PROGRESS": "none"})
        if done.returncode:
            raise AssertionError(done.stderr)
        return self.digests()

    def digests(self):
        """Of what is the same bytes in every run."""
        current = self.out / "current"
        return {str(path.relative_to(current)): hashlib.sha256(path.read_bytes()).hexdigest()
                for name in ("text", "ledger", "clusters") for path in (current / name).rglob("*.h5")}

    def record(self):
        return json.loads((self.out / "current/run.json").read_text())

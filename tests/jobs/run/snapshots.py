"""A dataset of some nights, and the commands for its snapshots."""

import json
import os
import subprocess

from program import BINARY, ENVIRONMENT, InFolder, lines, run, write_job


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

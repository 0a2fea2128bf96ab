"""A job with checks, and documents of which every share is known."""

import json
import os

from program import InFolder, manifest, run, write_job

MEMORY = ("--memory", "256MiB")
RANKS = (1, 2, 3, 5)


def record(i, **more):
    """Ids d/0, d/1 …; the length of a text is 4 or more; scores 0, 0.01 … 0.99."""
    return {"id": f"d/{i}", "text": f"text {i}", "score": i % 100 / 100, "n": i - 50,
            "lang": "en" if i % 4 else "de", "good": i % 2 == 0, **({"author": f"a{i % 7}"} if i % 10 else {}), **more}


def lines(numbers, **more):
    return "".join(json.dumps(record(i, **more)) + "\n" for i in numbers).encode()


class Checks(InFolder):
    def job(self, *checks, steps="\n  - dedup.exact: {}", shard_size="256MiB"):
        write_job(self.folder, steps=steps.rstrip() + "\n", extra="checks:\n" + "".join(f"  - {check}\n" for check in checks) +
                  f"write: {{text: {{shard_size: {shard_size}}}}}")

    def passes(self, *options, ranks=1, **more):
        return self.succeeds(run(self.folder, *MEMORY, *options, ranks=ranks, **more))

    def fails(self, *options, ranks=1, **more):
        done = run(self.folder, *MEMORY, *options, ranks=ranks, **more)
        self.assertEqual(done.returncode, 3, done.stderr)
        return done

    def staging(self):
        [folder] = (self.folder / "out/snapshots").glob(".staging-*")
        return folder

    def found(self, folder=None):
        """{name: check} of checks.json."""
        text = ((folder or self.folder / "out/current") / "checks.json").read_text()
        return {check["name"]: check for check in json.loads(text)["checks"]}

    def profiled(self):
        """Shards whose columns the last run read."""
        stages = manifest(self.folder, "run.json")["stages"]
        return sum(stage["counters"].get("shards_profiled", 0) for stage in stages if stage["name"] == "checks")

    def current(self):
        return os.readlink(self.folder / "out/current")

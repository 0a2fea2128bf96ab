"""A damaged shard of the published snapshot does not live on in the next one."""

import json
import os
import subprocess
import unittest

from program import BINARY, ENVIRONMENT, InFolder, digests, run


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


class DamagedShards(InFolder):
    def snapshots(self):
        return sorted(path.name for path in (self.folder / "out/snapshots").iterdir())

    def verify(self, status):
        done = subprocess.run([BINARY, "verify", "out"], cwd=self.folder, env=ENVIRONMENT,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)

    def mended_by(self, damage, *options, ranks):
        """`damage(path)` of every shard, one after the other."""
        shards = sorted(path.relative_to(self.folder / "out/current") for path in
                        (self.folder / "out/current/").rglob("*.h5"))
        self.assertGreater(len(shards), 3)
        for shard in shards:
            count = len(self.snapshots())
            damage(self.folder / "out/current" / shard)
            self.verify(1)
            done = self.succeeds(run(self.folder, "--memory", "256MiB", *options, ranks=ranks))
            self.assertIn(str(shard), done.stderr)
            self.assertEqual(len(self.snapshots()), count + 1)
            self.verify(0)
            self.assertEqual(digests(self.folder), self.expected)
        self.succeeds(run(self.folder, "--memory", "256MiB", *options, ranks=ranks))
        self.assertEqual(len(self.snapshots()), count + 1, "nothing is damaged: nothing changes")

    def test_what_a_stopped_run_has_linked(self):
        """Shards of the last snapshot that a killed run took over, damaged since."""
        self.publish()
        self.expected = digests(self.folder)
        current = self.folder / "out/current"
        shard = sorted(current.glob("text/*/*.h5"))[0].relative_to(current)
        record = next(json.dumps(r) for r in json.loads((current / "manifest.json").read_text())["shards"]
                      if r["path"] == str(shard))
        for damage, options in ((lambda path: path.write_bytes(path.read_bytes()[:-1]), ()),
                                (flip, ("--fresh",))):
            staging = self.folder / f"out/snapshots/.staging-{len(self.snapshots()) + 1:06}"
            (staging / shard).parent.mkdir(parents=True)
            os.link(current / shard, staging / shard)
            (staging / ".shards").mkdir()
            (staging / ".shards" / str(shard).replace("/", "_")).write_text(record)
            damage(current / shard)
            self.succeeds(run(self.folder, "--memory", "256MiB", *options))
            self.verify(0)
            self.assertEqual(digests(self.folder), self.expected)

    def test_other_sizes_are_seen_by_every_run_other_bytes_by_fresh_ones(self):
        self.publish()
        self.expected = digests(self.folder)
        self.mended_by(lambda path: path.write_bytes(path.read_bytes()[:-1]), ranks=1)
        self.mended_by(lambda path: path.unlink(), ranks=2)
        self.mended_by(flip, "--fresh", ranks=2)


if __name__ == "__main__":
    unittest.main()

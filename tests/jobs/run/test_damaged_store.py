"""The store is a cache: what is cut short is made again, and what has other bytes is named."""

import unittest

from program import InFolder, digests, lines, run, write_job

STEPS = """
  - dedup.exact: {}
  - dedup.minhash: {preset: fineweb}
"""


class DamagedStore(InFolder):
    def setUp(self):
        super().setUp()
        self.put("a.jsonl", lines(300))
        self.job()
        self.succeeds(run(self.folder))
        self.expected = digests(self.folder)
        self.files = sorted(path for path in (self.folder / "out/store").rglob("*") if path.is_file())
        self.assertGreaterEqual(len(self.files), 5)  # a fragment and two steps

    def job(self, shard_size="256MiB"):
        """Another one writes all shards again, from the same documents."""
        write_job(self.folder, steps=STEPS, extra=f"write: {{text: {{shard_size: {shard_size}}}}}")

    def test_a_file_that_was_cut_short_is_made_again(self):
        for path in self.files:
            content = path.read_bytes()
            for left, ranks in ((0, 1), (len(content) // 2, 2), (len(content) - 1, 1)):
                with self.subTest(path=path.name, left=left, ranks=ranks):
                    path.write_bytes(content[:left])
                    self.job("8KiB")
                    self.succeeds(run(self.folder, ranks=ranks))
                    self.job()
                    self.succeeds(run(self.folder))
                    self.assertEqual(digests(self.folder), self.expected)

    def test_sketches_of_another_dataset_are_made_again(self):
        """Those of `against`, in store/foreign."""
        job = self.folder / "job.yaml"
        against = STEPS.replace("{preset: fineweb}", "{preset: fineweb, against: [out]}")

        def compare(shard_size):
            write_job(self.folder, steps=against, extra=f"write: {{text: {{shard_size: {shard_size}}}}}")
            job.write_text(job.read_text().replace("output: out", "output: two"))
            return self.succeeds(run(self.folder, "--memory", "256MiB", "--allow-empty"))
        compare("256MiB")
        [sketches] = (self.folder / "two/store/foreign").iterdir()
        content = sketches.read_bytes()
        for left in (0, len(content) - 1):
            sketches.write_bytes(content[:left])
            compare(f"{8 + left % 7}KiB")
            self.assertEqual(sketches.read_bytes(), content)

    def test_a_step_that_is_made_again_is_not_done_until_all_parts_are(self):
        """Else a new part and an old one could count as one step."""
        steps = [path.parent for path in self.files if path.name == "done"]
        for step in steps:
            (step / "part-0").write_bytes(b"")
            (step / "part-1/in the way").mkdir(parents=True)  # where rank 1 commits its part
        done = run(self.folder, ranks=2)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(sum((step / "done").exists() for step in steps), len(steps) - 1)

    def test_other_bytes_are_found_and_the_file_is_named(self):
        [fragment] = (self.folder / "out/store/fragments").iterdir()
        content = fragment.read_bytes()
        named = 0
        for at in range(8, len(content) - 40, len(content) // 25):
            with self.subTest(at=at):
                changed = bytearray(content)
                changed[at] ^= 4
                fragment.write_bytes(changed)
                self.job("8KiB")
                done = run(self.folder)
                if done.returncode != 0:
                    named += 1
                    self.assertIn(f"{fragment}: ", done.stderr)
                    self.assertIn("remove the file", done.stderr)
                    fragment.unlink()
                    self.succeeds(run(self.folder))
                self.job()
                self.succeeds(run(self.folder))
                self.assertEqual(digests(self.folder), self.expected)
        # Most of the file are signatures, which nobody reads again once their step is committed.
        self.assertGreater(named, 3)


if __name__ == "__main__":
    unittest.main()

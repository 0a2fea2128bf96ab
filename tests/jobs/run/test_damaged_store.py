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
        self.assertGreater(named, 5)


if __name__ == "__main__":
    unittest.main()

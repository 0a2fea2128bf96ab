"""Documents that are taken down, and purged from older snapshots."""

import json
import unittest

import zstandard

from program import digests, lines, manifest, run, write_job
from snapshots import Snapshots


class Takedown(Snapshots):
    STEPS = "\n  - exclude: {ids: down.txt}\n  - dedup.exact: {}\n  - dedup.minhash: {preset: fineweb}\n" \
            "  - aggregate: {name: who, by: [id, mail], values: {n: count}}\n  - tokenize: {encoding: bytes}\n"

    def everywhere(self, text):
        """Files of the dataset that have these bytes, decompressed where they are of the store."""
        found = []
        for path in (self.folder / "out").rglob("*"):
            if not path.is_file():
                continue
            data = path.read_bytes()
            if "store" in path.parts:
                data += b"".join(self.frames(data))
            if text in data:
                found.append(str(path.relative_to(self.folder / "out")))
        return found

    def frames(self, data):
        at = data.find(b"\x28\xb5\x2f\xfd")
        while at >= 0:
            try:
                yield zstandard.ZstdDecompressor().decompressobj().decompress(data[at:])
            except zstandard.ZstdError:
                pass
            at = data.find(b"\x28\xb5\x2f\xfd", at + 4)

    def test_a_list_that_is_none_is_told(self):
        self.put("a.jsonl", lines(20))
        write_job(self.folder, steps=self.STEPS)
        for content, told in ((b"\xef\xbb\xbf1-1\r\n1-2\n", False), (b"1-1\n\n1-2 \n", True), (b'{"id": "1-1"}\n', True), (b"# old\n1-1\n", True)):
            (self.folder / "down.txt").write_bytes(content)
            done = self.succeeds(run(self.folder))
            self.assertEqual("a line of its list" in done.stderr, told, content)
            if not told:
                self.assertEqual(manifest(self.folder)["dropped"]["exclude"], {"excluded": 2})

    def test_nothing_of_it_is_left(self):
        name, secret = b"the-id-of-the-document", b"what nobody may read"
        row = json.dumps({"id": name.decode(), "text": "This is " + secret.decode(), "mail": "me@" + secret.decode()}).encode() + b"\n"
        self.put("a.jsonl", lines(40) + row + lines(10, seed=2))
        (self.folder / "down.txt").write_text("")
        write_job(self.folder, steps=self.STEPS)
        self.succeeds(run(self.folder))
        self.put("b.jsonl", lines(10, seed=3))
        self.succeeds(run(self.folder))
        for text in (name, secret):
            for kind in ("fragments", "steps"):
                self.assertTrue(any(path.startswith("store/" + kind) for path in self.everywhere(text)), kind)
            self.assertTrue(any(path.startswith("snapshots/000001") for path in self.everywhere(text)))
        (self.folder / "down.txt").write_bytes(name + b"\n1-3\n")
        self.assertIn("run the job with `exclude` first", self.call("gc", "out", "--purge", "down.txt", status=4))
        self.succeeds(run(self.folder, "--dry-run"))
        self.succeeds(run(self.folder))
        self.call("tag", "out", "paper", 1)
        self.assertIn("cannot go: 1 is tagged paper", self.call("gc", "out", "--purge", "down.txt", status=4))
        self.call("tag", "out", "paper", "--remove")
        said = json.loads(self.call("gc", "out", "--purge", "down.txt", "--dry-run", "--json"))
        self.assertEqual((said["removed"], said["fragments"], self.numbers()), ([1, 2], 1, [1, 2, 3]))
        self.call("gc", "out", "--purge", "down.txt")
        self.assertEqual(self.numbers(), [3])
        self.assertEqual((self.everywhere(name), self.everywhere(secret)), ([], []))
        # The next run reads it again and keeps nothing of it.
        expected = digests(self.folder)
        self.assertIn("nothing changed", self.succeeds(run(self.folder)).stderr)
        self.assertEqual((self.everywhere(name), self.everywhere(secret)), ([], []))
        self.put("c.jsonl", lines(10, seed=4))
        self.succeeds(run(self.folder, ranks=2))
        self.assertEqual((self.everywhere(name), self.everywhere(secret)), ([], []))
        self.assertIn("excluded", self.call("explain", "out", name.decode()))
        # Who is taken off the list comes back whole.
        (self.folder / "down.txt").write_text("1-3\n")
        self.succeeds(run(self.folder))
        self.assertTrue(any(path.startswith("snapshots/000005/text") for path in self.everywhere(secret)))
        self.assertNotEqual(digests(self.folder), expected)

    def test_damaged_snapshots_may_have_it(self):
        """One without a manifest, and one whose ledger is none; a tagged one is told."""
        (self.folder / "down.txt").write_text("")
        self.nights(3)
        self.put("2.jsonl", lines(60, seed=9))
        self.succeeds(run(self.folder))
        (self.folder / "down.txt").write_text("nobody\n")
        (self.folder / "out/snapshots/000001/manifest.json").unlink()
        for shard in (self.folder / "out/snapshots/000003/ledger").rglob("*.h5"):
            shard.unlink()
            shard.write_bytes(b"no HDF5")
        self.call("tag", "out", "paper", 3)
        self.assertIn("or cannot be read, cannot go: 3 is tagged paper", self.call("gc", "out", "--purge", "down.txt", status=4))
        self.call("tag", "out", "paper", "--remove")
        self.call("gc", "out", "--purge", "down.txt")
        self.assertEqual(self.numbers(), [2, 4])

    def test_nor_of_what_a_run_left_that_was_kept_back(self):
        name = b"the-id-of-the-document"
        self.put("a.jsonl", lines(40) + json.dumps({"id": name.decode(), "text": "some words", "mail": "m"}).encode() + b"\n")
        (self.folder / "down.txt").write_bytes(name + b"\n")
        write_job(self.folder, steps=self.STEPS)
        self.succeeds(run(self.folder))
        (self.folder / "gone.txt").write_text("")
        write_job(self.folder, steps=self.STEPS.replace("down", "gone"), extra="checks:\n  - row_count: {max: 1}\n")
        self.assertEqual(run(self.folder).returncode, 3)
        self.assertTrue(any(path.startswith("store/steps") for path in self.everywhere(name)))
        self.call("gc", "out", "--purge", "down.txt")
        self.assertEqual((self.everywhere(name), self.numbers()), ([], [1]))
        write_job(self.folder, steps=self.STEPS)
        self.succeeds(run(self.folder))
        self.assertEqual(self.everywhere(name), [])


if __name__ == "__main__":
    unittest.main()

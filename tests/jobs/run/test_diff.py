"""`diff`: what differs between two snapshots."""

import json
import unittest

from program import lines, run, write_job
from snapshots import Snapshots


class Differences(Snapshots):
    STEPS = "\n  - exclude: {ids: down.txt}\n  - dedup.exact: {}\n  - split: {train: 0.5, test: 0.5}\n"

    def test_every_kind_with_its_reason(self):
        documents = {f"d{i}": f"text {i}" for i in range(40)}
        write = lambda name, some: self.put(name, "".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in some.items()).encode())
        write("a.jsonl", documents)
        write("b.jsonl", {"copy": "text 39"})
        (self.folder / "down.txt").write_text("")
        write_job(self.folder, steps=self.STEPS)
        self.succeeds(run(self.folder))
        self.assertIn("no snapshot before 1", self.call("diff", "out", status=4))
        after = dict(documents, d1="other text", new="text new")
        del after["d2"], after["d39"]
        write("a.jsonl", after)
        write("c.jsonl", {"copy of 3": "text 3"})
        write("d.jsonl", {"late": "text new"})
        (self.folder / "down.txt").write_text("d7\n")
        self.succeeds(run(self.folder))
        said = json.loads(self.call("diff", "out", "--json"))
        self.assertEqual(said["removed"], {"s": {"exclude: excluded": 1, "not in the input": 2}})
        self.assertEqual(said["added"], {"s": {"dedup.exact: exact_duplicate": 1, "new": 1}})
        self.assertEqual(said["changed"], {"s": 1})
        self.assertEqual(said["inputs"], {"added": 2, "removed": 0, "changed": 1})
        self.assertTrue(said["same_job"])
        self.assertEqual((said["before"]["snapshot"], said["after"]["snapshot"]), (1, 2))
        self.assertEqual(sum(sum(reasons.values()) for reasons in said["added"].values()) -
                         sum(sum(reasons.values()) for reasons in said["removed"].values()),
                         said["after"]["documents_kept"] - said["before"]["documents_kept"])
        listed = [json.loads(line) for line in self.call("diff", "out@1", "out@2", "--json", "--documents").splitlines()]
        reasons = {(row["what"], row["id"]): row["reason"] for row in listed}
        self.assertEqual(reasons["removed", "d7"], "exclude: excluded")
        self.assertEqual(reasons["removed", "d2"], "not in the input")
        self.assertEqual(reasons["added", "copy"], "dedup.exact: exact_duplicate")
        self.assertIsNone(reasons["changed", "d1"])
        self.assertNotIn(("changed", "d3"), reasons)
        # In several goes, backwards, and with itself.
        for arguments in (["out@1", "out@2"], ["out@2", "out@1"]):
            self.assertEqual(*(self.call("diff", *arguments, "--documents", environment=environment)
                               for environment in ({}, {"SHARDMILL_FORCE_SPILL": "1"})))
        backwards = json.loads(self.call("diff", "out@2", "out@1", "--json"))
        self.assertEqual(backwards["added"]["s"]["exclude: excluded"], 1)
        same = json.loads(self.call("diff", "out", "out", "--json"))
        self.assertEqual((same["rows_compared"], same["added"], same["moved"]), (0, {}, {}))
        self.assertIn("added", self.call("diff", "out"))
        self.assertIn("no such directory", self.call("diff", "out", "nothing", status=4))

    def test_another_type_of_a_column_is_no_other_value(self):
        put = lambda **more: self.put("a.jsonl", "".join(
            json.dumps({"id": str(i), "text": f"text {i}", "n": i, "m": i * 10**6, "b": True, **({"n": i + 0.5, "m": 0.5} if str(i) in more else {})}) + "\n"
            for i in range(10)).encode())
        write_job(self.folder)
        put()
        self.succeeds(run(self.folder))
        put(**{"3": 1})
        self.succeeds(run(self.folder))
        self.assertEqual(json.loads(self.call("diff", "out", "--json"))["changed"], {"s": 1})

    def test_shared_shards_are_not_read(self):
        write_job(self.folder, extra="\nwrite: {text: {shard_size: 4KiB}}")
        for night in range(2):
            self.put(f"{night}.jsonl", lines(200 if night == 0 else 5, seed=night + 1))
            self.succeeds(run(self.folder))
        said = json.loads(self.call("diff", "out", "--json"))
        self.assertEqual(said["added"]["s"]["new"] + said["added"]["s"].get("dedup.minhash: near_duplicate", 0), 4)
        self.assertLess(said["rows_compared"], 40)


if __name__ == "__main__":
    unittest.main()

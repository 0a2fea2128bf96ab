"""The timeline that `run --trace` writes: what Perfetto needs, and what happened."""

import json
import os
import subprocess
import unittest

from program import InFolder, lines, manifest, run, write_job


class Trace(InFolder):
    def test_a_lane_per_rank_with_all_that_ranks_did(self):
        for n in range(4):
            self.put(f"{n}.jsonl", lines(60, seed=n))
        write_job(self.folder)
        self.succeeds(run(self.folder, "--memory", "256MiB", "--trace", "trace.json", ranks=3))
        trace = json.loads((self.folder / "trace.json").read_text())
        events = trace["traceEvents"]
        lanes = {event["tid"]: event["args"]["name"] for event in events if event["ph"] == "M"}
        self.assertEqual(sorted(lanes), [0, 1, 2])
        for rank, name in lanes.items():
            self.assertTrue(name.startswith(f"rank {rank} on "), name)
        spans = [event for event in events if event["ph"] == "X"]
        self.assertEqual(len(spans) + len(lanes), len(events))
        record = manifest(self.folder, "run.json")
        for rank in lanes:
            own = [span for span in spans if span["tid"] == rank]
            stages = [span for span in own if span["cat"] == "stage"]
            self.assertEqual([span["name"] for span in stages], [s["name"] for s in record["stages"]])
            for before, after in zip(stages, stages[1:]):
                self.assertLessEqual(before["ts"] + before["dur"], after["ts"] + 1)
            end = stages[-1]["ts"] + stages[-1]["dur"]
            for span in own:
                self.assertGreaterEqual(span["ts"], 0)
                self.assertLessEqual(span["ts"] + span["dur"], end + 1, span)
            # Exchanges are collective: every rank has the same ones.
            self.assertEqual([s["name"] for s in own if s["cat"] == "exchange"],
                             [s["name"] for s in spans if s["cat"] == "exchange" and s["tid"] == 0])
        self.assertEqual(sum(s["cat"] == "fragment" for s in spans), record["fragments_read"])
        self.assertEqual({s["name"] for s in spans if s["cat"] == "shard"},
                         {shard["path"] for shard in manifest(self.folder)["shards"]})
        self.assertEqual(sum(s["args"]["rows"] for s in spans
                             if s["cat"] == "shard" and s["name"].startswith("text/")),
                         manifest(self.folder)["documents_kept"])
        self.assertGreater(sum(s["args"]["bytes_put"] for s in spans if s["cat"] == "exchange"), 0)

    def test_run_json_has_what_moved_from_rank_to_rank(self):
        for n in range(4):
            self.put(f"{n}.jsonl", lines(60, seed=n))
        write_job(self.folder)
        self.succeeds(run(self.folder, "--memory", "256MiB", ranks=3, environment={"SHARDMILL_FORCE_SPILL": "1"}))
        record = manifest(self.folder, "run.json")
        matrix = record["bytes_from_to"]
        self.assertEqual([len(row) for row in matrix], [3, 3, 3])
        exchanges = {exchange["name"]: exchange for exchange in record["exchanges"]}
        self.assertEqual(sum(map(sum, matrix)), sum(e["bytes"] for e in exchanges.values()))
        self.assertEqual(sum(e["bytes_between_ranks"] for e in exchanges.values()),
                         sum(matrix[a][b] for a in range(3) for b in range(3) if a != b))
        self.assertEqual(exchanges["exact.contents"]["rows"], manifest(self.folder)["documents_in"])
        counters = {stage["name"]: stage["counters"] for stage in record["stages"]}
        self.assertEqual(sum(c.get("bytes_exchanged", 0) for c in counters.values()),
                         sum(e["bytes"] for e in exchanges.values()))
        self.assertGreater(counters["dedup.minhash"]["bytes_spilled"], 0)
        for exchange in exchanges.values():
            self.assertTrue(1 <= exchange["imbalance"] <= 3, exchange)
        self.assertGreater(record["largest_leases"]["exact.contents"], 0)
        report = (self.folder / "out/current/report.html").read_text()
        self.assertIn("Bytes from rank (row) to rank (column)", report)

    def test_into_a_fifo_that_stays_one(self):
        self.put("a.jsonl", lines(10))
        write_job(self.folder)
        os.mkfifo(self.folder / "fifo")
        reader = subprocess.Popen(["cat", self.folder / "fifo"], stdout=subprocess.PIPE)
        self.addCleanup(reader.kill)
        self.succeeds(run(self.folder, "--memory", "256MiB", "--trace", "fifo"))
        self.assertTrue((self.folder / "fifo").is_fifo())
        self.assertTrue(json.loads(reader.communicate(timeout=60)[0])["traceEvents"])

    def test_one_that_cannot_be_written_spoils_no_run(self):
        self.put("a.jsonl", lines(10))
        write_job(self.folder)
        done = self.succeeds(run(self.folder, "--memory", "256MiB", "--trace", "no/such/folder/t.json"))
        self.assertIn("warning: --trace: ", done.stderr)
        self.assertIn("no/such/folder", done.stderr)


if __name__ == "__main__":
    unittest.main()

"""The way that rows take between ranks changes no published byte."""

import unittest

from program import InFolder, digests, lines, run, write_job


class Routes(InFolder):
    def test_two_hops_publish_what_two_ranks_do(self):
        for i in range(4):
            self.put(f"{i}.jsonl", lines(300, seed=i))
        write_job(self.folder, "write:\n  text: {shard_size: 16KiB}", source=", max_record: 1MiB")
        self.succeeds(run(self.folder, ranks=2))
        expected = digests(self.folder)
        self.assertGreater(len(expected), 4)
        for options, environment in [
                (("--route", "two-hop", "--ranks-per-node", "2"), {}),
                (("--route", "two-hop", "--ranks-per-node", "2"), {"SHARDMILL_FORCE_SPILL": "1"}),
                (("--route", "direct"), {})]:
            done = self.succeeds(run(self.folder, "--fresh", "--memory", "256MiB", *options,
                                     ranks=4, environment=environment))
            self.assertNotIn("warning", done.stderr)
            self.assertEqual(digests(self.folder), expected, options)

    def test_nodes_that_differ_in_size_are_told_once(self):
        self.put("a.jsonl", lines(30))
        write_job(self.folder)
        done = self.succeeds(run(self.folder, "--route", "two-hop", "--ranks-per-node", "2",
                                 ranks=3))
        self.assertEqual(done.stderr.count("different numbers of ranks"), 1, done.stderr)

    def test_an_unknown_route_is_refused(self):
        write_job(self.folder)
        self.refused(run(self.folder, "--route", "two_hop"), 2, "--route", "two-hop")


if __name__ == "__main__":
    unittest.main()

"""The model of bench/scale against the engine: counts of real exchanges, none of which depends on time."""

import importlib.machinery
import importlib.util
import os
import sys
import unittest
import xml.dom.minidom

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
PROGRAMS = os.path.join(os.path.dirname(os.environ["SHARDMILL_BIN"]), "bench")


def load_scale():
    loader = importlib.machinery.SourceFileLoader("scale", os.path.join(ROOT, "bench", "scale"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("scale", loader))
    loader.exec_module(module)
    return module


scale = load_scale()
model = sys.modules["cost_model"]


def setting(ranks, ranks_per_node, route, row_bytes=128, megabytes=4, memory=64):
    return model.Setting(ranks, ranks_per_node, megabytes * 10**6 // row_bytes, row_bytes, memory << 20, route)


class Model(unittest.TestCase):
    def test_counts_are_those_of_real_exchanges(self):
        for one in (setting(2, 2, "direct"), setting(5, 1, "direct", row_bytes=16), setting(6, 3, "two-hop"),
                    setting(6, 2, "two-hop", row_bytes=5000),  # larger than a slot
                    setting(12, 4, "two-hop", row_bytes=20, megabytes=1)):
            with self.subTest(one):
                _, wrong = scale.check(one, scale.measured_counts(one, PROGRAMS))
                # How full the frames of the last hop are depends on time; they are held to their bounds.
                self.assertEqual([line for line in wrong if one.route == "direct" or line[:7] != "frames:"], [])

    def test_the_route_is_the_one_that_the_engine_chooses(self):
        chosen = []
        for ranks, ranks_per_node in ((4, 2), (10, 5), (12, 3), (12, 12), (12, 5)):
            one = setting(ranks, ranks_per_node, "automatic", megabytes=1)
            chosen.append(model.automatic_route(one))
            two_hop = scale.measured_counts(one, PROGRAMS)["two_hop"]
            self.assertEqual(chosen[-1], "two-hop" if two_hop else "direct", one)
        self.assertEqual(set(chosen), {"direct", "two-hop"})

    # The same numbers as in tests/engine/exchange/route_test.cpp.
    def test_buffers_of_large_runs(self):
        for nodes, direct, two_hop in ((128, (37480, 268431760), (65536, 65667072)),
                                       (512, (9364, 268428424), (65536, 254214144)),
                                       (2048, (4096, 469737472), (17427, 268425009))):
            for route, (frame, size) in (("direct", direct), ("two-hop", two_hop)):
                one = setting(nodes * 8, 8, route, memory=4096)
                self.assertAlmostEqual(model.frame_and_lease(one)[0], frame, delta=8)
                self.assertAlmostEqual(model.buffer_bytes(one, frame), size, delta=size / 1000)

    def test_a_row_crosses_the_network_once_on_both_routes(self):
        for ranks in (16, 1024, 16384):
            sent = [model.counts(setting(ranks, 8, route, megabytes=256, memory=4096))["network_bytes"]
                    for route in ("direct", "two-hop")]
            rows = 256e6 * (ranks - 8) / ranks
            for one in sent:
                self.assertTrue(rows < one < 1.1 * rows, (ranks, sent))

    def test_the_plot_is_well_formed(self):
        lines = [("a < b", [(16, 1), (64, 300)]), ("c", [(16, 7), (64, 7)])]
        root = xml.dom.minidom.parseString(sys.modules["plot"].log_log("title", "ranks", [("one", "B", lines)] * 3))
        self.assertEqual(len(root.getElementsByTagName("polyline")), 6)


if __name__ == "__main__":
    unittest.main()

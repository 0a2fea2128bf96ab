// A report whose numbers add up.
#pragma once

#include "jobs/report/report.hpp"

namespace shardmill {

inline Report sample_report() {
  Report report;
  report.version = "0.0.0";
  report.dataset = "sample";
  report.location = "/data/sample/snapshots/000002";
  report.snapshot = 2;
  report.parent = 1;
  report.documents_in = 1000;
  report.documents_kept = 700;
  report.steps = {{.label = "normalize",
                   .drops = false,
                   .reasons = {},
                   .dropped_bytes = 0,
                   .changed = 40,
                   .threshold = {}},
                  {.label = "filter",
                   .drops = true,
                   .reasons = {{"min_words", 60}, {"where", 40}},
                   .dropped_bytes = 500,
                   .changed = 0,
                   .threshold = {}},
                  {.label = "dedup.minhash",
                   .drops = true,
                   .reasons = {{"near_duplicate", 200}},
                   .dropped_bytes = 4000,
                   .changed = 0,
                   .threshold = "0.8"}};
  report.sources = {
      {.name = "web",
       .documents = 900,
       .kept = 695,
       .quarantined = 3,
       .dropped = {{"filter", 5}, {"dedup.minhash", 200}}},
      {.name = "spam", .documents = 100, .kept = 5, .quarantined = 0, .dropped = {{"filter", 95}}}};
  report.splits = {{"train", 690}, {"test", 10}};
  for (int i = 0; i < 700; ++i) report.statistics.add_kept(20);
  report.statistics.add_dropped("filter", 500);
  report.statistics.add_dropped("dedup.minhash", 4000);
  for (u64 i = 0; i < 200; ++i) report.statistics.add_score(800 + i, 1000);
  DuplicateGroup group;
  for (u64 key = 7; key < 12; ++key) group.add(key, "web", key == 9);
  report.statistics.add_cluster(group);
  report.stages = {{"read", 2.0}, {"write", 1.0}};
  report.seconds = 3.0;
  report.ranks = 2;
  report.hosts = {"a", "b"};
  report.memory_budget = u64{64} << 20;
  report.peak_memory = {u64{30} << 20, u64{60} << 20};
  report.text_bytes_read = 20000000;
  report.fragments = 4;
  report.fragments_read = 3;
  report.fragments_sketched = 1;
  report.shards = {{"text/train", 2, 690, 13800}, {"ledger", 1, 1000, 5000}};
  report.logical_digest = "abc";
  return report;
}

}  // namespace shardmill

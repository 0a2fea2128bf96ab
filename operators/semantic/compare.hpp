// Pairs of documents in one cluster whose cosine reaches the threshold.
#pragma once

#include "operators/dedup/ranking.hpp"
#include "operators/dedup/verify.hpp"
#include "operators/nearest/centroids.hpp"
#include "operators/nearest/committed_units.hpp"

namespace shardmill {

struct ComparisonSettings {
  i64 least = 0;       // millionths of a cosine
  u32 probes = 0;      // clusters that a vector goes to
  u64 neighbours = 0;  // better documents that a document is paired with in a cluster, at most
};

// Collective. Each vector goes to its `probes` nearest centroids, and there, in order of priority,
// is compared with all better ones; the first `neighbours` that are similar are its pairs. Each
// pair comes once, with its score in millionths.
//
// With `begun`, units of clusters are committed as they come, and those that are there are not
// compared again: throws Stopped (agreed).
//
// Memory: blocks of at most FlatSearch::kQueries times kCandidates vectors; clusters spill.
// Traffic: a vector for each probe (of a cluster with more than a rank's share of all pairs: for
// each rank that compares a part of it), 48 bytes a pair.
[[nodiscard]] Records<SimilarPair> compare_in_clusters(Cluster& cluster,
                                                       const ComparisonSettings& settings,
                                                       const Centroids& centroids,
                                                       const Ranking& ranking, Sketches& sketches,
                                                       const BegunComparison& begun = {});

}  // namespace shardmill

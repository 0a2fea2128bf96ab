// How many pairs of near-duplicates share a cluster, measured.
#pragma once

#include "operators/nearest/centroids.hpp"
#include "operators/semantic/compare.hpp"

namespace shardmill {

// Of pairs with one of `documents` in them.
struct PairRecall {
  u64 documents = 0;
  u64 of = 0;     // that reach the threshold
  u64 found = 0;  // of these, in a common cluster
};

// Collective, the same everywhere. Compares some documents of this dataset (vector_sample.hpp) with
// all vectors. Memory: these vectors on every rank, and a block of others.
[[nodiscard]] PairRecall measure_pair_recall(Cluster& cluster, const ComparisonSettings& settings,
                                             const Centroids& centroids, u64 seed,
                                             const SketchedVectors& vectors);

}  // namespace shardmill

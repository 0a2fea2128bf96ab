// Some vectors, by hash, on every rank: to measure a search against all there are.
#pragma once

#include <vector>

#include "operators/nearest/sketched_vectors.hpp"

namespace shardmill {

struct VectorSample {
  static constexpr u64 kMost = 200;
  std::vector<u64> keys;
  std::vector<float> vectors;  // in the order of the keys
};

// Collective, the same everywhere: of documents of this dataset, those with the smallest
// mix64(seed ^ key).
[[nodiscard]] VectorSample sample_vectors(Cluster& cluster, u64 seed,
                                          const SketchedVectors& vectors);

}  // namespace shardmill

// Random documents with vectors as sketches, for tests on clusters of ranks.
#pragma once

#include "engine/batch/wire.hpp"
#include "operators/nearest/flat_search.hpp"
#include "operators/nearest/sketched_vectors.hpp"
#include "tests/operators/dedup/memory_sketches.hpp"
#include "tests/operators/nearest/unit_vectors.hpp"

namespace shardmill {

struct VectorDocuments {
  SketchedDocuments sketched;
  std::map<DocKey, std::vector<float>> vectors;  // of those that have one
};

// Every seventh has none, every eleventh one of zeros. Priorities (8 bytes, if wished) are random.
inline VectorDocuments vector_documents(u32 count, std::size_t dimensions, u32 seed,
                                        std::size_t centers, bool priorities = false,
                                        double spread = 0.1) {
  const std::vector<float> all = random_units(count, dimensions, seed, centers, spread);
  VectorDocuments made;
  for (u32 n = 0; n < count; ++n) {
    const DocKey key = DocKey::of(n / 9, 3 * n);
    const std::span<const float> own = vector_at(all, dimensions, n);
    std::string sketch;
    if (priorities) append_sortable(sketch, mix64(n) % 20);
    if (n % 7 != 6) {
      std::vector<float> vector(own.begin(), own.end());
      if (n % 11 == 10) std::fill(vector.begin(), vector.end(), 0.0F);
      append_unit(vector, sketch);
      if (n % 11 != 10) made.vectors[key] = vector;
    }
    made.sketched[key] = {sketch};
  }
  return made;
}

// The same steps as NearestCentroids, in plain loops.
inline std::vector<u32> nearest_plainly(std::span<const float> vector,
                                        std::span<const float> centroids, std::size_t count) {
  std::vector<std::pair<double, u32>> scores;
  for (u32 c = 0; c < centroids.size() / vector.size(); ++c) {
    scores.emplace_back(-cosine(vector, vector_at(centroids, vector.size(), c)), c);
  }
  std::sort(scores.begin(), scores.end());
  std::vector<u32> nearest;
  for (std::size_t i = 0; i < std::min(count, scores.size()); ++i) {
    nearest.push_back(scores[i].second);
  }
  return nearest;
}

}  // namespace shardmill

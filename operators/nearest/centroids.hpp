// Centroids of the vectors, found on a sample, and the nearest ones of a vector.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/plan/begun_work.hpp"
#include "engine/plan/parameter.hpp"
#include "operators/nearest/flat_search.hpp"
#include "operators/nearest/sketched_vectors.hpp"

namespace shardmill {

struct Centroids {
  [[nodiscard]] std::size_t count() const {
    return dimensions == 0 ? 0 : values.size() / dimensions;
  }
  [[nodiscard]] std::span<const float> operator[](std::size_t number) const {
    return std::span(values).subspan(number * dimensions, dimensions);
  }

  std::size_t dimensions = 0;
  std::vector<float> values;  // unit vectors, one after the other
  Lease memory;
};

struct TrainingSettings {
  u64 clusters = 0;  // 0: as many as default_clusters()
  u32 iterations = 0;
  u64 seed = 0;
};

// From the settings `clusters` (`auto` or a number), `iterations` and `seed`.
[[nodiscard]] TrainingSettings training_settings(const Settings& settings);

// One up to 10,000 vectors, then floor(sqrt(vectors)).
[[nodiscard]] u64 default_clusters(u64 vectors);

// Collective: the same centroids everywhere, at most one for each vector. Spherical k-means
// (Dhillon and Modha, Concept Decompositions for Large Sparse Text Data using Clustering, 2001) by
// Lloyd's iterations. The sample is the 256 documents for each cluster with the smallest mix64(seed
// ^ key); the first of them are the first centroids. A new centroid is the unit vector of the sum
// of its members, components rounded to 2^-30: sums of integers, which have no order. One without
// members, or whose members cancel out, stays.
//
// With `begun` they are committed there when they took long, and found there: throws Stopped
// (agreed) behind that.
//
// Memory: 16 bytes for each component of a centroid, and a block of the sample; the sample spills.
// Traffic: 8 bytes a component and iteration. ResourceError when the centroids do not fit.
[[nodiscard]] Centroids train_centroids(Cluster& cluster, const TrainingSettings& settings,
                                        const SketchedVectors& vectors,
                                        const BegunWork* begun = nullptr);

struct NearCentroid {
  u32 number = 0;
  double cosine = 0;
};

// Finds the centroids of largest cosine; the lower number of two that are equally near.
class NearestCentroids {
 public:
  // They outlive it. Memory: a copy of them, and FlatSearch::memory().
  explicit NearestCentroids(const Centroids& centroids);

  using OnNearest = std::function<void(std::size_t query, std::span<const NearCentroid>)>;
  // f(query, its nearest `count` centroids (all when there are fewer), nearest first), in order.
  void find(std::span<const float> queries, std::size_t count, const OnNearest& f);

 private:
  const Centroids& centroids_;
  FlatSearch search_;
  std::vector<ProposedPair> proposed_;
  std::vector<NearCentroid> near_;
};

// Vectors come one by one and are looked up many at a time.
class NearestInBlocks {
 public:
  using OnDocument =
      std::function<void(DocKey, std::span<const float>, std::span<const NearCentroid>)>;
  NearestInBlocks(Cluster& cluster, const Centroids& centroids, std::size_t count, OnDocument f);
  void add(DocKey key, std::span<const float> vector);
  void finish();

 private:
  Cluster& cluster_;
  NearestCentroids nearest_;
  std::size_t dimensions_;
  std::size_t count_;
  OnDocument on_document_;
  Lease lease_;
  std::size_t most_;  // vectors in a block
  std::vector<DocKey> documents_;
  std::vector<float> vectors_;
};

}  // namespace shardmill

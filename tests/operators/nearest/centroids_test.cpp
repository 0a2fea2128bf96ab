#include "operators/nearest/centroids.hpp"

#include <cmath>

#include "tests/operators/nearest/vector_documents.hpp"

namespace shardmill {
namespace {

class CentroidShapes : public ClusterShapes {
 protected:
  void SetUp() override {
    if (!FlatSearch::available()) GTEST_SKIP() << "built without FAISS";
  }
};
SHARDMILL_EVERY_SHAPE(CentroidShapes);

// k-means in plain loops over the documents in the order of their hashes.
std::vector<float> trained_plainly(const VectorDocuments& documents, std::size_t d, u64 clusters,
                                   u32 iterations, u64 seed) {
  std::map<u64, std::vector<float>> by_hash;
  for (const auto& [key, vector] : documents.vectors) {
    by_hash[mix64(seed_for("semantic", seed) ^ key.value)] = vector;
  }
  std::vector<std::vector<float>> sample;
  for (const auto& [hash, vector] : by_hash) {
    if (sample.size() < 256 * clusters) sample.push_back(vector);
  }
  std::vector<float> centroids;
  for (u64 c = 0; c < std::min<u64>(clusters, sample.size()); ++c) {
    centroids.insert(centroids.end(), sample[c].begin(), sample[c].end());
  }
  for (u32 n = 0; n < iterations; ++n) {
    std::vector<i64> sums(centroids.size());
    for (const std::vector<float>& vector : sample) {
      const u32 own = nearest_plainly(vector, centroids, 1)[0];
      for (std::size_t i = 0; i < d; ++i) {
        sums[own * d + i] +=
            static_cast<i64>(std::nearbyint(static_cast<double>(vector[i]) * 0x1p30));
      }
    }
    for (std::size_t c = 0; c * d < centroids.size(); ++c) {
      double squares = 0;
      for (std::size_t i = 0; i < d; ++i) {
        squares += static_cast<double>(sums[c * d + i]) * static_cast<double>(sums[c * d + i]);
      }
      for (std::size_t i = 0; i < d && squares > 0; ++i) {
        centroids[c * d + i] =
            static_cast<float>(static_cast<double>(sums[c * d + i]) / std::sqrt(squares));
      }
    }
  }
  return centroids;
}

void expect_plain_centroids(const Shape& shape, const VectorDocuments& documents, std::size_t d,
                            const TrainingSettings& settings) {
  const std::vector<float> expected =
      trained_plainly(documents, d, settings.clusters, settings.iterations, settings.seed);
  run_shape(shape, [&](Cluster& cluster) {
    MemorySketches sketches(documents.sketched, cluster.rank(), cluster.size());
    const SketchedVectors vectors(cluster, "test", 0, sketches);
    EXPECT_EQ(vectors.count(), documents.vectors.size());
    EXPECT_EQ(vectors.dimensions(), d);
    EXPECT_EQ(train_centroids(cluster, settings, vectors).values, expected);
  });
}

TEST_P(CentroidShapes, AreThoseOfAPlainProgram) {
  for (const std::size_t d : {1U, 2U, 5U, 64U}) {
    const VectorDocuments documents = vector_documents(300, d, 5, 4);
    expect_plain_centroids(GetParam(), documents, d, {4, 10, 3});
    expect_plain_centroids(GetParam(), documents, d, {17, 2, 0});
    expect_plain_centroids(GetParam(), documents, d, {1, 3, 1});
  }
}

TEST_P(CentroidShapes, OfASampleOfManyDocuments) {
  expect_plain_centroids(GetParam(), vector_documents(2000, 3, 6, 3), 3, {3, 4, 2});
}

TEST_P(CentroidShapes, AreNoMoreThanVectors) {
  expect_plain_centroids(GetParam(), vector_documents(12, 3, 1, 0), 3, {1000, 3, 2});
}

TEST_P(CentroidShapes, OfFewDistinctVectors) {
  // Centroids that are equal: all but the first stay without members.
  VectorDocuments documents = vector_documents(100, 2, 1, 0);
  for (auto& [key, vector] : documents.vectors) {
    vector = {key.value % 2 == 0 ? 1.0F : 0.6F, key.value % 2 == 0 ? 0.0F : 0.8F};
    documents.sketched[key].sketch.clear();
    append_unit(vector, documents.sketched[key].sketch);
  }
  expect_plain_centroids(GetParam(), documents, 2, {8, 5, 2});
}

TEST(Centroids, AsManyAsTheRootOfManyVectors) {
  EXPECT_EQ(default_clusters(1), 1U);
  EXPECT_EQ(default_clusters(10'000), 1U);
  EXPECT_EQ(default_clusters(10'001), 100U);
  EXPECT_EQ(default_clusters(10'200), 100U);
  EXPECT_EQ(default_clusters(10'201), 101U);
  EXPECT_EQ(default_clusters(u64{1} << 60), u64{1} << 30);
  EXPECT_EQ(default_clusters((u64{1} << 60) - 1), (u64{1} << 30) - 1);
}

}  // namespace
}  // namespace shardmill

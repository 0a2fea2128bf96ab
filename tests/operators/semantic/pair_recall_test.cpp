#include "operators/semantic/pair_recall.hpp"

#include "engine/hash/hash.hpp"
#include "operators/nearest/vector_sample.hpp"
#include "tests/operators/nearest/vector_documents.hpp"

namespace shardmill {
namespace {

class PairRecallShapes : public ClusterShapes {
 protected:
  void SetUp() override {
    if (!FlatSearch::available()) GTEST_SKIP() << "built without FAISS";
  }
};
SHARDMILL_EVERY_SHAPE(PairRecallShapes);

constexpr u64 kSeed = 77;

PairRecall plainly(const VectorDocuments& documents, const ComparisonSettings& settings,
                   std::span<const float> centroids) {
  std::vector<std::pair<u64, DocKey>> sample;
  std::map<DocKey, std::vector<u32>> clusters;
  for (const auto& [key, vector] : documents.vectors) {
    sample.emplace_back(mix64(kSeed ^ key.value), key);
    clusters[key] = nearest_plainly(vector, centroids, settings.probes);
  }
  std::sort(sample.begin(), sample.end());
  sample.resize(std::min<std::size_t>(sample.size(), VectorSample::kMost));
  PairRecall recall{.documents = sample.size()};
  for (const auto& [hash, one] : sample) {
    for (const auto& [other, vector] : documents.vectors) {
      if (other == one) continue;
      if (millionths(cosine(documents.vectors.at(one), vector)) < settings.least) continue;
      ++recall.of;
      const std::vector<u32>& theirs = clusters[other];
      recall.found += std::any_of(clusters[one].begin(), clusters[one].end(), [&](u32 c) {
        return std::find(theirs.begin(), theirs.end(), c) != theirs.end();
      });
    }
  }
  return recall;
}

TEST_P(PairRecallShapes, IsThatOfAPlainProgram) {
  for (const u32 probes : {1U, 2U}) {
    // More than the sample and than a block of queries, of no clusters worth the name.
    const VectorDocuments documents = vector_documents(400, 4, 5, 30, false, 0.5);
    const ComparisonSettings settings{850'000, probes, 256};
    std::vector<float> centroids;
    PairRecall said;
    run_shape(GetParam(), [&](Cluster& cluster) {
      MemorySketches sketches(documents.sketched, cluster.rank(), cluster.size());
      const SketchedVectors vectors(cluster, "test", 0, sketches);
      const Centroids trained = train_centroids(cluster, {12, 2, 1}, vectors);
      const PairRecall recall = measure_pair_recall(cluster, settings, trained, kSeed, vectors);
      if (!cluster.control.is_root()) return;
      centroids = trained.values;
      said = recall;
    });
    const PairRecall expected = plainly(documents, settings, centroids);
    EXPECT_EQ(expected.documents, VectorSample::kMost);
    EXPECT_LT(expected.found, expected.of) << "no pair is missed: the test says little";
    EXPECT_EQ(said.documents, expected.documents);
    EXPECT_EQ(said.of, expected.of);
    EXPECT_EQ(said.found, expected.found);
  }
}

}  // namespace
}  // namespace shardmill

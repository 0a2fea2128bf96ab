#include "operators/semantic/compare.hpp"

#include "tests/operators/nearest/vector_documents.hpp"

namespace shardmill {
namespace {

class CompareShapes : public ClusterShapes {
 protected:
  void SetUp() override {
    if (!FlatSearch::available()) GTEST_SKIP() << "built without FAISS";
  }
};
SHARDMILL_EVERY_SHAPE(CompareShapes);

using ScoredPair = std::tuple<DocKey, DocKey, u64>;  // worse, better, millionths

// Each cluster's documents, the best first, all with all.
std::set<ScoredPair> compared_plainly(const VectorDocuments& documents,
                                      const ComparisonSettings& settings,
                                      std::span<const float> centroids, std::size_t prefix) {
  std::map<u32, std::vector<DocKey>> members;
  for (const DocKey key : ranked(documents.sketched, prefix)) {
    if (!documents.vectors.contains(key)) continue;
    for (const u32 c : nearest_plainly(documents.vectors.at(key), centroids, settings.probes)) {
      members[c].push_back(key);
    }
  }
  std::set<ScoredPair> pairs;
  for (const auto& [number, keys] : members) {
    for (std::size_t worse = 0; worse < keys.size(); ++worse) {
      u64 found = 0;
      for (std::size_t better = 0; better < worse && found < settings.neighbours; ++better) {
        const i64 score = millionths(
            cosine(documents.vectors.at(keys[worse]), documents.vectors.at(keys[better])));
        if (score < settings.least) continue;
        ++found;
        pairs.emplace(keys[worse], keys[better], static_cast<u64>(score));
      }
    }
  }
  return pairs;
}

void expect_plain_pairs(const Shape& shape, const VectorDocuments& documents, u64 clusters,
                        const ComparisonSettings& settings, const KeepRule& rule) {
  PerRank<SimilarPair> out(shape.ranks);
  std::vector<float> centroids;
  run_shape(shape, [&](Cluster& cluster) {
    MemorySketches sketches(documents.sketched, cluster.rank(), cluster.size());
    const SketchedVectors vectors(cluster, "test", rule.bytes(), sketches);
    const Centroids trained = train_centroids(cluster, {clusters, 3, 1}, vectors);
    const Ranking ranking(cluster, "test", rule, sketches);
    const Records<SimilarPair> similar =
        compare_in_clusters(cluster, settings, trained, ranking, sketches);
    similar.for_each([&](const SimilarPair& pair) { out.of(cluster).push_back(pair); });
    if (cluster.control.is_root()) centroids = trained.values;
  });
  std::set<ScoredPair> found;
  for (const SimilarPair& pair : out.all()) {
    EXPECT_LT(pair.better, pair.worse);
    EXPECT_EQ(pair.score_den, kMillion);
    EXPECT_TRUE(
        found.emplace(DocKey{pair.worse_key}, DocKey{pair.better_key}, pair.score_num).second)
        << "twice";
  }
  const auto expected = compared_plainly(documents, settings, centroids, rule.bytes());
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(found, expected);
}

TEST_P(CompareShapes, PairsAreThoseOfAPlainProgram) {
  const KeepRule arrival({});
  for (const std::size_t d : {1U, 3U, 64U}) {
    const VectorDocuments documents = vector_documents(160, d, 5, 20, false, 0.3);
    expect_plain_pairs(GetParam(), documents, 1, {900'000, 1, 256}, arrival);
    expect_plain_pairs(GetParam(), documents, 5, {800'000, 2, 256}, arrival);
    expect_plain_pairs(GetParam(), documents, 9, {999'999, 3, 256}, arrival);
    expect_plain_pairs(GetParam(), documents, 3, {500'000, 64, 3}, arrival);
  }
}

TEST_P(CompareShapes, ManyEqualVectorsHaveFewNeighbours) {
  VectorDocuments documents = vector_documents(700, 8, 5, 1, false, 0);
  expect_plain_pairs(GetParam(), documents, 2, {990'000, 2, 5}, KeepRule({}));
}

// More than a block of candidates: documents find some of their neighbours in one block and others
// in the next, while those beside them have all they may have.
TEST(Compare, ClustersOfManyBlocks) {
  if (!FlatSearch::available()) GTEST_SKIP() << "built without FAISS";
  const VectorDocuments documents = vector_documents(2600, 3, 9, 100, false, 0.03);
  for (const Shape shape : {Shape{1, false}, Shape{2, true}}) {
    expect_plain_pairs(shape, documents, 1, {999'000, 1, 12}, KeepRule({}));
  }
}

}  // namespace
}  // namespace shardmill

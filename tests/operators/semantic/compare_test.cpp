#include "operators/semantic/compare.hpp"

#include "tests/operators/nearest/stopped_runs.hpp"
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

struct Compared {
  std::vector<SimilarPair> pairs;
  std::vector<float> centroids;
};

// run(body): on a cluster of such a shape; body(cluster, nullptr or where it commits).
template <class Run>
Compared compared_by(const Shape& shape, const VectorDocuments& documents, u64 clusters,
                     const ComparisonSettings& settings, const KeepRule& rule, const Run& run) {
  PerRank<SimilarPair> out(shape.ranks);
  std::vector<float> centroids;
  run([&](Cluster& cluster, const BegunWork* begun) {
    MemorySketches sketches(documents.sketched, cluster.rank(), cluster.size());
    const SketchedVectors vectors(cluster, "test", rule.bytes(), sketches);
    const Centroids trained = train_centroids(cluster, {clusters, 3, 1}, vectors, begun);
    const Ranking ranking(cluster, "test", rule, sketches);
    const Records<SimilarPair> similar = compare_in_clusters(cluster, settings, trained, ranking,
                                                             sketches, {begun, vectors.digest()});
    similar.for_each([&](const SimilarPair& pair) { out.of(cluster).push_back(pair); });
    if (cluster.control.is_root()) centroids = trained.values;
  });
  return {out.all(), centroids};
}

void expect_plain(const Compared& compared, const VectorDocuments& documents,
                  const ComparisonSettings& settings, const KeepRule& rule) {
  std::set<ScoredPair> found;
  for (const SimilarPair& pair : compared.pairs) {
    EXPECT_LT(pair.better, pair.worse);
    EXPECT_EQ(pair.score_den, kMillion);
    EXPECT_TRUE(
        found.emplace(DocKey{pair.worse_key}, DocKey{pair.better_key}, pair.score_num).second)
        << "twice";
  }
  const auto expected = compared_plainly(documents, settings, compared.centroids, rule.bytes());
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(found, expected);
}

void expect_plain_pairs(const Shape& shape, const VectorDocuments& documents, u64 clusters,
                        const ComparisonSettings& settings, const KeepRule& rule) {
  const auto run = [&](const auto& body) {
    run_shape(shape, [&](Cluster& cluster) { body(cluster, nullptr); });
  };
  expect_plain(compared_by(shape, documents, clusters, settings, rule, run), documents, settings,
               rule);
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

TEST(Compare, StoppedRunsGoOn) {
  if (!FlatSearch::available()) GTEST_SKIP() << "built without FAISS";
  const ComparisonSettings settings{800'000, 2, 256};
  const KeepRule arrival({});
  StoppedRuns runs;
  Compared compared;
  const auto ends = [&](const Shape& shape, const VectorDocuments& documents, bool asked_before) {
    bool ended = false;
    compared = compared_by(shape, documents, 4, settings, arrival, [&](const auto& body) {
      ended = runs.run(
          shape, 2000, [&](Cluster& cluster, const BegunWork& begun) { body(cluster, &begun); },
          asked_before);
    });
    return ended;
  };
  const VectorDocuments documents = vector_documents(400, 3, 5, 20, false, 0.3);
  EXPECT_FALSE(ends({2, false}, documents, true));
  EXPECT_TRUE(runs.parts().empty()) << "what is asked before the first unit does not wait for it";
  runs.until_one_ends([&](const Shape& shape) { return ends(shape, documents, false); });
  expect_plain(compared, documents, settings, arrival);

  // Other vectors under the same keys.
  const VectorDocuments others = vector_documents(400, 3, 6, 20, false, 0.3);
  while (!ends({2, false}, others, false)) continue;
  expect_plain(compared, others, settings, arrival);
}

}  // namespace
}  // namespace shardmill

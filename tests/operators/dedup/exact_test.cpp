#include "operators/dedup/exact.hpp"

#include <random>
#include <set>

#include "tests/operators/dedup/memory_sketches.hpp"

namespace shardmill {
namespace {

class ExactShapes : public ClusterShapes {};
SHARDMILL_EVERY_SHAPE(ExactShapes);

// Texts of which many are equal, sketched in batches of other sizes than the ranks' shares.
SketchedDocuments sketched(ExactDedup& exact) {
  std::mt19937 random(11);
  SketchedDocuments documents;
  Batch batch;
  std::string sketches;
  const auto sketch = [&] {
    sketches.clear();
    exact.sketch(batch, sketches);
    ASSERT_EQ(sketches.size(), batch.size() * exact.sketch_bytes());
    for (std::size_t row = 0; row < batch.size(); ++row) {
      documents[batch.key[row]] = {
          sketches.substr(row * exact.sketch_bytes(), exact.sketch_bytes()),
          std::string(batch.text[row])};
    }
    batch.clear();
  };
  for (u32 i = 0; i < 500; ++i) {
    batch.key.push_back(DocKey::of(i % 9 == 4 ? DocKey::kForeign : i / 40, i));
    batch.source.push_back(draw(random, 3));
    batch.id.push(std::to_string(i));
    batch.text.push(i % 50 == 0 ? "" : "text " + std::to_string(draw(random, 120)));
    if (batch.size() == 37) sketch();
  }
  sketch();
  return documents;
}

TEST_P(ExactShapes, TheBestOfEqualTextsStays) {
  for (const std::vector<std::string>& criteria :
       {std::vector<std::string>{}, std::vector<std::string>{"source"}}) {
    ExactDedup exact{KeepRule(criteria)};
    const SketchedDocuments documents = sketched(exact);
    std::map<std::string, DocKey> best;
    std::set<Verdict> expected;
    std::set<std::pair<u64, u64>> expected_edges;
    for (const DocKey key : ranked(documents, criteria.size() * KeepRule::kCriterionBytes)) {
      const auto [at, is_best] = best.emplace(documents.at(key).text, key);
      if (is_best || key.foreign()) continue;
      expected.insert({key, at->second, 2, 0, 1, 1});
      if (!at->second.foreign()) expected_edges.emplace(at->second.value, key.value);
    }

    PerRank<Verdict> out(GetParam().ranks);
    PerRank<Edge> edges(GetParam().ranks);
    run([&](Cluster& cluster) {
      MemorySketches sketches(documents, cluster.rank(), cluster.size());
      Findings findings(cluster, "exact");
      ExactDedup{KeepRule(criteria)}.resolve(cluster, sketches, 2, findings);
      findings.drops.for_each([&](const Verdict& one) { out.of(cluster).push_back(one); });
      findings.edges.for_each([&](const Edge& one) { edges.of(cluster).push_back(one); });
    });
    const std::vector<Verdict> drops = out.all();
    EXPECT_EQ(drops.size(), expected.size());
    EXPECT_TRUE(std::set<Verdict>(drops.begin(), drops.end()) == expected);
    std::set<std::pair<u64, u64>> found;
    for (const Edge& edge : edges.all()) found.emplace(edge.a, edge.b);
    EXPECT_TRUE(found == expected_edges);
    EXPECT_GT(expected_edges.size(), 100U);
    EXPECT_LT(expected_edges.size(), expected.size()) << "some go for a foreign document";
  }
}

}  // namespace
}  // namespace shardmill

#include "engine/algorithm/independent_set.hpp"

#include "tests/engine/algorithm/graphs.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

// By the definition: nodes in ascending order, kept unless a smaller neighbour is kept.
std::map<u64, u64> witnesses_of(const Graph& graph) {
  const auto neighbours = neighbours_in(graph);
  std::map<u64, u64> witness;
  for (const auto& [node, around] : neighbours) {
    for (const u64 other : around) {  // ascending
      if (other < node && !witness.contains(other)) {
        witness[node] = other;
        break;
      }
    }
  }
  return witness;
}

class IndependentSetShapes : public ClusterShapes {
 protected:
  void check(const std::vector<Graph>& graphs) {
    std::vector<PerRank<Dropped>> out(graphs.size(), PerRank<Dropped>(GetParam().ranks));
    run([&](Cluster& cluster) {
      for (std::size_t g = 0; g < graphs.size(); ++g) {
        Records<KeepEdge> mine(cluster, "edges", cluster.budget.lease("edges", 0.1, 1_MiB));
        const auto& edges = graphs[g].edges;
        for (std::size_t i = cluster.rank().value; i < edges.size(); i += cluster.size()) {
          mine.push({edges[i].first, edges[i].second});
        }
        const auto dropped = independent_set(cluster, "keep", std::move(mine));
        dropped.for_each([&](const Dropped& one) { out[g].of(cluster).push_back(one); });
      }
    });
    for (std::size_t g = 0; g < graphs.size(); ++g) {
      std::map<u64, u64> witness;
      for (const Dropped& one : out[g].all()) {
        EXPECT_TRUE(witness.emplace(one.node, one.witness).second) << "a node dropped twice";
      }
      EXPECT_TRUE(witness == witnesses_of(graphs[g])) << graphs[g].name;
    }
  }
};
SHARDMILL_EVERY_SHAPE(IndependentSetShapes);

TEST_P(IndependentSetShapes, IsTheLexicographicallyFirst) { check(graphs()); }
TEST_P(IndependentSetShapes, IsTheLexicographicallyFirstOfSmallGraphs) {
  check(small_graphs(small_cases()));
}

TEST(IndependentSet, RefusesAnEdgeThatPointsUp) {
  EXPECT_THROW(
      run_on_threads(1, {},
                     [](Cluster& cluster) {
                       Records<KeepEdge> edges(cluster, "edges", Lease());
                       edges.push({4, 4});
                       static_cast<void>(independent_set(cluster, "keep", std::move(edges)));
                     }),
      InternalError);
}

}  // namespace
}  // namespace shardmill

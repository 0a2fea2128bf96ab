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

class IndependentSetShapes : public ClusterShapes {};
SHARDMILL_EVERY_SHAPE(IndependentSetShapes);

TEST_P(IndependentSetShapes, IsTheLexicographicallyFirst) {
  for (const Graph& graph : graphs()) {
    PerRank<Dropped> out(GetParam().ranks);
    run([&](Cluster& cluster) {
      Records<KeepEdge> edges(cluster, "edges", cluster.budget.lease("edges", 0.1, 1_MiB));
      for (std::size_t i = cluster.rank().value; i < graph.edges.size(); i += cluster.size()) {
        edges.push({graph.edges[i].first, graph.edges[i].second});
      }
      const auto dropped = independent_set(cluster, "keep", std::move(edges));
      dropped.for_each([&](const Dropped& one) { out.of(cluster).push_back(one); });
    });
    std::map<u64, u64> witness;
    for (const Dropped& one : out.all()) {
      EXPECT_TRUE(witness.emplace(one.node, one.witness).second) << "a node dropped twice";
    }
    EXPECT_TRUE(witness == witnesses_of(graph)) << graph.name;
  }
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

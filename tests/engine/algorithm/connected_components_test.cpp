#include "engine/algorithm/connected_components.hpp"

#include "engine/algorithm/local_forest.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/hash/hash.hpp"
#include "tests/engine/algorithm/graphs.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

// Breadth first from each node in ascending order.
std::map<u64, u64> roots_of(const Graph& graph) {
  const auto neighbours = neighbours_in(graph);
  std::map<u64, u64> root;
  for (const auto& [first, ignored] : neighbours) {
    if (root.contains(first)) continue;
    std::vector<u64> open = {first};
    root[first] = first;
    while (!open.empty()) {
      const u64 node = open.back();
      open.pop_back();
      for (const u64 next : neighbours.at(node)) {
        if (root.emplace(next, first).second) open.push_back(next);
      }
    }
  }
  return root;
}

class ComponentShapes : public ClusterShapes {
 protected:
  void check(const std::vector<Graph>& graphs) {
    std::vector<PerRank<Label>> out(graphs.size(), PerRank<Label>(GetParam().ranks));
    run([&](Cluster& cluster) {
      for (std::size_t g = 0; g < graphs.size(); ++g) {
        Records<Edge> edges(cluster, "edges", cluster.budget.lease("edges", 0.1, 1_MiB));
        for (std::size_t i = cluster.rank().value; i < graphs[g].edges.size();
             i += cluster.size()) {
          const auto [a, b] = graphs[g].edges[i];
          edges.push(i % 2 == 0 ? Edge{a, b} : Edge{b, a});
        }
        const auto labels = connected_components(cluster, "components", std::move(edges));
        u64 last = 0;
        labels.for_each([&](const Label& label) {
          EXPECT_EQ(owner_of(mix64(label.node), cluster.size()), cluster.rank());
          EXPECT_GE(label.node, last);
          last = label.node;
          out[g].of(cluster).push_back(label);
        });
      }
    });
    for (std::size_t g = 0; g < graphs.size(); ++g) {
      std::map<u64, u64> roots;
      for (const Label& label : out[g].all()) {
        EXPECT_TRUE(roots.emplace(label.node, label.root).second) << "a node with two labels";
      }
      EXPECT_TRUE(roots == roots_of(graphs[g])) << graphs[g].name;
    }
  }
};
SHARDMILL_EVERY_SHAPE(ComponentShapes);

TEST_P(ComponentShapes, AgreeWithBreadthFirstSearch) {
  auto all = graphs();
  all.push_back({"nodes alone", {{5, 5}, {9, 9}, {9, 11}, {20, 20}}});
  check(all);
}
TEST_P(ComponentShapes, AgreeWithBreadthFirstSearchOnSmallGraphs) {
  check(small_graphs(small_cases()));
}

TEST(LocalForest, DrainsTheSmallestRoots) {
  LocalForest forest(4096, 1000);
  for (int round = 0; round < 2; ++round) {
    forest.unite(9, 7);
    forest.unite(0, 5);
    forest.unite(7, 3);
    forest.unite(~u64{0}, 9);
    forest.unite(6, 6);
    std::map<u64, u64> roots;
    forest.drain([&](u64 node, u64 root) { roots[node] = root; });
    const std::map<u64, u64> expected = {{0, 0}, {3, 3}, {5, 0},      {6, 6},
                                         {7, 3}, {9, 3}, {~u64{0}, 3}};
    EXPECT_EQ(roots, expected);
  }
  u64 united = 0;
  while (forest.has_room()) forest.unite(united++, 1'000'000);
  EXPECT_GT(united, 10U);
}

}  // namespace
}  // namespace shardmill

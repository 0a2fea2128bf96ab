// Which nodes of a graph hang together.
#pragma once

#include <compare>
#include <string>

#include "cluster/cluster.hpp"
#include "engine/records/records.hpp"

namespace shardmill {

struct Edge {
  u64 a, b;
  auto operator<=>(const Edge&) const = default;
  [[nodiscard]] u64 leading() const { return a; }
  [[nodiscard]] u64 following() const { return b; }
};

// `root` is the smallest node of the component that `node` is in.
struct Label {
  u64 node, root;
  auto operator<=>(const Label&) const = default;
  [[nodiscard]] u64 leading() const { return node; }
  [[nodiscard]] u64 following() const { return root; }
};

// Collective. One Label per node that occurs in an edge, on the rank owner_of(mix64(node)), in
// ascending order of nodes there. An edge of a node to itself only makes the node occur. Repeated
// edges and directions do not matter.
//
// Union-find on what each rank has, then large-star and small-star in turn until neither changes
// anything (Kiveris, Lattanzi, Mirrokni, Rastogi, Vassilvitskii: Connected Components in MapReduce
// and Beyond, 2014): O(log^2 n) rounds, in each every edge crosses the network at most three times.
// Nodes and their neighbours may exceed memory.
[[nodiscard]] Records<Label> connected_components(Cluster& cluster, std::string name,
                                                  Records<Edge>&& edges);

}  // namespace shardmill

// Who stays when no two neighbours may: the better one.
#pragma once

#include <compare>
#include <string>

#include "cluster/cluster.hpp"
#include "engine/records/records.hpp"

namespace shardmill {

// Two nodes that cannot both stay. Nodes are numbered by priority: better < worse.
struct KeepEdge {
  u64 better, worse;
  auto operator<=>(const KeepEdge&) const = default;
  [[nodiscard]] u64 leading() const { return better; }
  [[nodiscard]] u64 following() const { return worse; }
};

// `witness` is the best kept neighbour of `node`.
struct Dropped {
  u64 node, witness;
  auto operator<=>(const Dropped&) const = default;
  [[nodiscard]] u64 leading() const { return node; }
  [[nodiscard]] u64 following() const { return witness; }
};

// Collective. The lexicographically first maximal independent set: a node is kept unless a better
// neighbour of it is kept. One Dropped per node that is not, on the rank
// owner_of(mix64(smallest node of its component)), in ascending order of nodes there. Throws
// InternalError for an edge whose better node is not smaller.
//
// No rounds: each component is decided on one rank, from its best node on, by time-forward
// processing (Chiang et al., External-Memory Graph Algorithms, 1995, section 3): a kept node sends
// a message to each worse neighbour through a priority queue, which may exceed memory. State is one
// message per edge of a kept node, in the lease or on scratch; none per node.
[[nodiscard]] Records<Dropped> independent_set(Cluster& cluster, std::string name,
                                               Records<KeepEdge>&& edges);

}  // namespace shardmill

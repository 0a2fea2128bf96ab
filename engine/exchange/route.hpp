// The way that rows take: straight to their rank, or by two hops that respect the nodes.
//
//   direct    every rank has every other for a neighbour
//   two-hop   node 0: 0 1 2     rank 0 -> rank 5:  0 ─network─▶ 3 ─node's memory─▶ 5
//             node 1: 3 4 5
//
// The first hop goes to the rank of the destination's node that has the same place as we have
// within ours, the second stays inside the node. With N nodes of L ranks a rank has N - 1 + L - 1
// neighbours instead of N·L - 1, and every byte crosses the network card once, as on the direct
// route.
#pragma once

#include <string>
#include <vector>

#include "cluster/cluster.hpp"

namespace shardmill {

class Router {
 public:
  // `node_of` may be empty: all ranks on one node. The two-hop route needs nodes of equal size;
  // throws InternalError otherwise. Computed from arguments that are the same on every rank.
  Router(Route route, const std::vector<u32>& node_of, u32 ranks, Rank self);

  // Where rows for `to`, which is not this rank, go next. Packets take one path, so those of a
  // pair stay in order.
  [[nodiscard]] Rank next_hop(Rank to) const { return next_hop_[to.value]; }
  // In rank order, without oneself.
  [[nodiscard]] const std::vector<Rank>& neighbours() const { return neighbours_; }
  // Whether what is sent to this neighbour stays there. Others forward to neighbours of this kind.
  [[nodiscard]] bool is_last_hop(Rank neighbour) const { return last_hop_[neighbour.value]; }
  [[nodiscard]] bool forwards() const { return forwards_; }

 private:
  std::vector<Rank> next_hop_;  // by destination
  std::vector<Rank> neighbours_;
  std::vector<bool> last_hop_;  // by rank
  bool forwards_;
};

// What the user asked for; the same bytes come out of each.
enum class RouteWish { automatic, direct, two_hop };

struct RouteChoice {
  Route route = Route::direct;
  std::string warning;  // empty: none
};

// Automatic: direct, unless its frames would be below 64 KiB within the frames' share of
// `smallest_memory` (of all ranks' budgets, in bytes) and those of two hops would be larger. Nodes
// that differ in size take the direct route; the warning says so when two hops were asked for or
// would have been chosen.
[[nodiscard]] RouteChoice choose_route(RouteWish wish, const std::vector<u32>& node_of, u32 ranks,
                                       u64 smallest_memory);

// Collective. Gives the cluster its nodes and the route chosen for them, from what is the same on
// every rank; returns the warning.
[[nodiscard]] std::string take_route(Cluster& cluster, RouteWish wish, std::vector<u32> node_of);

// Consecutive ranks share a node, as many as said; the last node may have fewer.
[[nodiscard]] std::vector<u32> simulated_nodes(u32 ranks, u32 ranks_per_node);

}  // namespace shardmill

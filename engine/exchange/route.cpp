#include "engine/exchange/route.hpp"

#include <algorithm>

#include "engine/exchange/frame_plan.hpp"

namespace shardmill {
namespace {

// The ranks of each node, in rank order.
std::vector<std::vector<Rank>> members_of(const std::vector<u32>& node_of, u32 ranks) {
  std::vector<std::vector<Rank>> members;
  for (u32 r = 0; r < ranks; ++r) {
    const u32 node = node_of.empty() ? 0 : node_of.at(r);
    if (node >= members.size()) members.resize(node + 1);
    members[node].push_back({r});
  }
  return members;
}

bool are_even(const std::vector<std::vector<Rank>>& nodes) {
  return std::all_of(nodes.begin(), nodes.end(),
                     [&](const auto& node) { return node.size() == nodes.front().size(); });
}

}  // namespace

Router::Router(Route route, const std::vector<u32>& node_of, u32 ranks, Rank self)
    : next_hop_(ranks), last_hop_(ranks, route == Route::direct) {
  for (u32 r = 0; r < ranks; ++r) next_hop_[r] = {r};
  if (route == Route::two_hop) {
    const auto nodes = members_of(node_of, ranks);
    if (!are_even(nodes)) throw InternalError("two hops over nodes that differ in size");
    const auto& own = nodes[node_of.empty() ? 0 : node_of[self.value]];
    const auto place = std::find(own.begin(), own.end(), self) - own.begin();
    for (const auto& node : nodes) {
      for (const Rank rank : node) {
        if (&node != &own) next_hop_[rank.value] = node[static_cast<std::size_t>(place)];
      }
    }
    for (const Rank rank : own) last_hop_[rank.value] = true;
  }
  for (u32 r = 0; r < ranks; ++r) {
    if (r != self.value && next_hop_[r] == Rank{r}) neighbours_.push_back({r});
  }
  forwards_ = neighbours_.size() + 1 < ranks;
}

RouteChoice choose_route(RouteWish wish, const std::vector<u32>& node_of, u32 ranks,
                         u64 smallest_memory) {
  if (wish == RouteWish::direct) return {};
  const auto nodes = members_of(node_of, ranks);
  if (wish == RouteWish::automatic) {
    if (nodes.size() < 2 || nodes.size() == ranks) return {};
    const u32 on_node = narrow<u32>(nodes.front().size());
    const FrameNeeds direct = FrameNeeds::of_direct(ranks, Cluster::kCreditsPerPeer);
    const FrameNeeds two_hop =
        FrameNeeds::of_two_hop(narrow<u32>(nodes.size()), on_node, Cluster::kCreditsPerPeer);
    const auto share = static_cast<u64>(kFramesShare * static_cast<double>(smallest_memory));
    const std::size_t frame = direct.largest_frame(share, kFrameBytes);
    if (frame >= kGoodFrame || two_hop.largest_frame(share, kFrameBytes) <= frame) return {};
  }
  if (are_even(nodes)) return {Route::two_hop, ""};
  return {Route::direct,
          "the nodes have different numbers of ranks: rows go the direct route, which takes more "
          "memory for frames than two hops"};
}

std::string take_route(Cluster& cluster, RouteWish wish, std::vector<u32> node_of) {
  const u64 smallest = ~cluster.control.all_max(~cluster.budget.total());
  const RouteChoice choice = choose_route(wish, node_of, cluster.size(), smallest);
  cluster.node_of = std::move(node_of);
  cluster.route = choice.route;
  return choice.warning;
}

std::vector<u32> simulated_nodes(u32 ranks, u32 ranks_per_node) {
  std::vector<u32> node_of(ranks);
  for (u32 r = 0; r < ranks; ++r) node_of[r] = r / ranks_per_node;
  return node_of;
}

}  // namespace shardmill

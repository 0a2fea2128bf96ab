#include "engine/algorithm/independent_set.hpp"

#include <limits>

#include "engine/algorithm/connected_components.hpp"
#include "engine/algorithm/group_by.hpp"
#include "engine/records/external_heap.hpp"

namespace shardmill {
namespace {

// A node with its component's root, or (after it) with an edge to a better node.
struct Attached {
  u64 node;
  u64 is_edge;
  u64 other;  // root, or better node
  auto operator<=>(const Attached&) const = default;
  [[nodiscard]] u64 leading() const { return node; }
};

// Every edge on the rank that decides its component.
Records<KeepEdge> edges_by_component(Cluster& cluster, const std::string& name,
                                     Records<KeepEdge>&& in) {
  const Records<KeepEdge> edges = std::move(in);
  Records<Edge> graph(cluster, name + ".graph", algorithm_lease(cluster, name + ".graph"));
  edges.for_each([&](const KeepEdge& edge) { graph.push({edge.worse, edge.better}); });
  const Records<Label> labels =
      connected_components(cluster, name + ".components", std::move(graph));

  using ByNode = Shuffle<Attached>;
  ByNode attach(cluster, name + ".attach", algorithm_lease(cluster, name + ".attach"));
  const auto put = [&](const Attached& record) {
    attach.put(owner_of(mix64(record.node), cluster.size()), record);
  };
  labels.for_each([&](const Label& label) { put({label.node, 0, label.root}); });
  edges.for_each([&](const KeepEdge& edge) { put({edge.worse, 1, edge.better}); });
  Records<Attached> attached = attach.finish();
  attached.sort();

  Shuffle<KeepEdge> placed(cluster, name + ".place", algorithm_lease(cluster, name + ".place"));
  for_each_group(
      attached, [](const Attached& record) { return record.node; },
      [&](auto& group) {
        const Attached label = *group.next();
        if (label.is_edge != 0) {
          throw InternalError("node " + std::to_string(label.node) + " has edges and no component");
        }
        const Rank decides = owner_of(mix64(label.other), cluster.size());
        while (const Attached* edge = group.next()) placed.put(decides, {edge->other, edge->node});
      });
  return placed.finish();
}

// "`from` is kept", to one of its worse neighbours.
struct Message {
  u64 to, from;
  auto operator<=>(const Message&) const = default;
};

// From the best node on; edges are sorted by their better node.
Records<Dropped> decide(Cluster& cluster, const std::string& name, const Records<KeepEdge>& edges) {
  Records<Dropped> result(cluster, name, algorithm_lease(cluster, name + ".dropped"));
  ExternalHeap<Message> messages(cluster, name + ".messages",
                                 algorithm_lease(cluster, name + ".messages"));
  auto cursor = edges.cursor();
  const KeepEdge* edge = cursor.next();
  while (edge != nullptr || messages.top() != nullptr) {
    const Message* message = messages.top();
    constexpr u64 kNone = std::numeric_limits<u64>::max();
    const u64 node =
        std::min(edge != nullptr ? edge->better : kNone, message != nullptr ? message->to : kNone);
    const bool dropped = message != nullptr && message->to == node;
    if (dropped) result.push({node, message->from});  // the smallest sender comes first
    while (messages.top() != nullptr && messages.top()->to == node) messages.pop();
    for (; edge != nullptr && edge->better == node; edge = cursor.next()) {
      if (edge->worse <= node) {
        throw InternalError(name + ": edge from " + std::to_string(node) + " to " +
                            std::to_string(edge->worse) + ", which is not worse");
      }
      if (!dropped) messages.push({edge->worse, node});
    }
  }
  return result;
}

}  // namespace

Records<Dropped> independent_set(Cluster& cluster, std::string name, Records<KeepEdge>&& edges) {
  Records<KeepEdge> here =
      cluster.size() == 1 ? std::move(edges) : edges_by_component(cluster, name, std::move(edges));
  here.sort();
  return decide(cluster, name, here);
}

}  // namespace shardmill

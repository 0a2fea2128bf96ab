#include "engine/algorithm/connected_components.hpp"

#include "engine/algorithm/group_by.hpp"
#include "engine/algorithm/local_forest.hpp"

namespace shardmill {
namespace {

u64 first_node(const Edge& edge) { return edge.a; }

class Stars {
 public:
  Stars(Cluster& cluster, std::string name) : cluster_(cluster), name_(std::move(name)) {}

  // Every edge at both of its nodes, itself first.
  Records<Edge> scatter_forest(Records<Edge>&& in) {
    const Records<Edge> edges = std::move(in);
    Shuffle<Edge> out = open(".scatter");
    const Lease lease = algorithm_lease(cluster_, name_ + ".forest");
    LocalForest forest(lease.bytes(), 2 * edges.size());
    const auto drain = [&] {
      forest.drain([&](u64 node, u64 root) { put_both(out, {node, root}); });
    };
    edges.for_each([&](const Edge& edge) {
      if (!forest.has_room()) drain();
      forest.unite(edge.a, edge.b);
    });
    drain();
    return close(out);
  }

  // Joins the larger neighbours of each node to the smallest of its neighbourhood. Takes edges at
  // both nodes, returns them at the larger one.
  Records<Edge> large_star(const Records<Edge>& edges) {
    Shuffle<Edge> out = open(".large");
    for_each_group(edges, first_node, [&](auto& neighbours) {
      const u64 node = neighbours.key();
      const u64 first = neighbours.next()->b;
      const u64 smallest = std::min(node, first);
      u64 last = first;
      if (first > node) put(out, {first, node});
      while (const Edge* edge = neighbours.next()) {
        if (edge->b == std::exchange(last, edge->b) || edge->b <= node) continue;
        put(out, {edge->b, smallest});
        changes_ += smallest != node ? 1 : 0;
      }
      if (first == node && last == node) put(out, {node, node});  // alone so far
    });
    return close(out);
  }

  // Joins each node and its smaller neighbours to the smallest of them. Takes edges at the larger
  // node, returns them at both.
  Records<Edge> small_star(const Records<Edge>& edges) {
    Shuffle<Edge> out = open(".small");
    for_each_group(edges, first_node, [&](auto& neighbours) {
      const u64 node = neighbours.key();
      const u64 smallest = neighbours.next()->b;
      u64 last = smallest;
      put_both(out, {node, smallest});
      while (const Edge* edge = neighbours.next()) {
        if (edge->b == std::exchange(last, edge->b) || edge->b == node) continue;
        put_both(out, {edge->b, smallest});
        ++changes_;
      }
    });
    return close(out);
  }

  // Takes edges at both nodes when every component is a star around its smallest node.
  Records<Label> labels(const Records<Edge>& edges) {
    Records<Label> labels(cluster_, name_, algorithm_lease(cluster_, name_ + ".labels"));
    for_each_group(edges, first_node, [&](auto& neighbours) {
      const u64 node = neighbours.key();
      labels.push({node, std::min(node, neighbours.next()->b)});
    });
    return labels;
  }

  // Edges changed on all ranks since the last call.
  u64 take_changes() { return cluster_.control.all_sum(std::exchange(changes_, 0)); }

 private:
  Shuffle<Edge> open(const char* step) {
    return Shuffle<Edge>(cluster_, name_ + step, algorithm_lease(cluster_, name_ + step));
  }
  static Records<Edge> close(Shuffle<Edge>& shuffle) {
    Records<Edge> edges = shuffle.finish();
    edges.sort();
    return edges;
  }
  void put(Shuffle<Edge>& out, const Edge& edge) {
    out.put(owner_of(mix64(edge.a), cluster_.size()), edge);
  }
  void put_both(Shuffle<Edge>& out, const Edge& edge) {
    put(out, edge);
    if (edge.a != edge.b) put(out, {edge.b, edge.a});
  }

  Cluster& cluster_;
  std::string name_;
  u64 changes_ = 0;
};

}  // namespace

Records<Label> connected_components(Cluster& cluster, std::string name, Records<Edge>&& edges) {
  Stars stars(cluster, std::move(name));
  Records<Edge> at_both = stars.scatter_forest(std::move(edges));
  do {
    Records<Edge> at_larger = stars.large_star(at_both);
    at_both = stars.small_star(at_larger);
  } while (stars.take_changes() > 0);
  return stars.labels(at_both);
}

}  // namespace shardmill

// Graphs to try algorithms on, and what the algorithms must say, by brute force.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

struct Graph {
  std::string name;
  std::vector<std::pair<u64, u64>> edges;  // first < second, unless a node of its own
};

// Random ones of up to some dozen nodes, from single edges to nearly all that there can be.
inline std::vector<Graph> small_graphs(u64 count) {
  std::vector<Graph> all;
  for (u64 seed = 0; seed < count; ++seed) {
    std::mt19937_64 random(seed);
    Graph graph{"small " + std::to_string(seed), {}};
    const u64 nodes = 2 + random() % 40;
    std::set<std::pair<u64, u64>> edges;
    for (u64 n = random() % (3 * nodes); n > 0; --n) {
      const u64 a = random() % nodes * 0x9e3779b97f4a7c15U;
      const u64 b = random() % nodes * 0x9e3779b97f4a7c15U;
      if (a != b) edges.emplace(std::min(a, b), std::max(a, b));
    }
    graph.edges.assign(edges.begin(), edges.end());
    std::shuffle(graph.edges.begin(), graph.edges.end(), random);
    all.push_back(graph);
  }
  return all;
}

// Nodes are scattered over 64 bits, so their order has nothing to do with the shape.
inline std::vector<Graph> graphs() {
  std::mt19937_64 random(7);
  const auto node = [](u64 i) { return i * 0x9e3779b97f4a7c15U; };
  std::vector<Graph> all;
  const auto add = [&](const std::string& name, const std::vector<std::pair<u64, u64>>& pairs,
                       bool scattered) {
    Graph graph{name, {}};
    for (const auto& [a, b] : pairs) {
      const u64 x = scattered ? node(a) : a;
      const u64 y = scattered ? node(b) : b;
      graph.edges.emplace_back(std::min(x, y), std::max(x, y));
    }
    std::shuffle(graph.edges.begin(), graph.edges.end(), random);
    all.push_back(graph);
  };
  std::vector<std::pair<u64, u64>> pairs;
  add("empty", {}, false);
  add("one edge to the last node", {{0, ~u64{0}}}, false);
  for (u64 i = 0; i < 600; ++i) pairs.emplace_back(i, i + 1);
  add("path", pairs, false);
  add("scattered path", pairs, true);
  pairs.clear();
  for (u64 i = 1; i < 500; ++i) pairs.emplace_back(0, i);
  add("star", pairs, false);
  add("scattered star", pairs, true);
  pairs.clear();
  for (u64 i = 0; i < 500; ++i) pairs.emplace_back(i, 1000);
  add("star around its worst", pairs, false);
  for (const u64 nodes : {50, 400, 2000}) {
    pairs.clear();
    for (int i = 0; i < 800; ++i) {
      const u64 a = random() % nodes;
      const u64 b = random() % nodes;
      if (a == b) continue;
      pairs.emplace_back(a, b);
      if (i % 7 == 0) pairs.emplace_back(b, a);
    }
    add("random of " + std::to_string(nodes), pairs, true);
  }
  return all;
}

inline std::map<u64, std::set<u64>> neighbours_in(const Graph& graph) {
  std::map<u64, std::set<u64>> neighbours;
  for (const auto& [a, b] : graph.edges) {
    neighbours[a].insert(b);
    neighbours[b].insert(a);
  }
  return neighbours;
}

}  // namespace shardmill

// The nearest so far of some vectors, while others come by in blocks.
#pragma once

#include <span>
#include <vector>

#include "operators/nearest/flat_search.hpp"
#include "operators/nearest/neighbours.hpp"

namespace shardmill {

class BestNeighbours {
 public:
  BestNeighbours(u64 k, std::size_t dimensions) : k_(k), dimensions_(dimensions) {}

  // Forgets all; the queries, unit vectors back to back, outlive what follows.
  void begin(std::span<const u64> documents, std::span<const float> queries);
  // Compares all queries with some vectors, back to back, and their keys.
  void meet(std::span<const u64> keys, std::span<const float> vectors);
  // Of each query in order, its k nearest, nearest first.
  [[nodiscard]] std::span<const std::vector<Neighbour>> lists() const { return lists_; }

 private:
  u64 k_;
  std::size_t dimensions_;
  std::span<const u64> documents_;
  std::span<const float> queries_;
  std::vector<std::vector<Neighbour>> lists_;
  std::vector<ProposedPair> proposed_;
};

}  // namespace shardmill

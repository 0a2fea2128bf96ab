// Merges k sorted sources with one comparison per level (Knuth, The Art of Computer Programming 3,
// section 5.4.1: tree of losers).
#pragma once

#include <utility>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// Source: `const V* head() const` (null at its end) and `void next()`. Less: strict weak order on
// V. Equal heads come in the order of their sources.
template <class Source, class Less>
class LoserTree {
 public:
  LoserTree(std::vector<Source> sources, Less less)
      : sources_(std::move(sources)), less_(std::move(less)), losers_(sources_.size()) {
    if (!sources_.empty()) winner_ = play(1);
  }
  // The smallest head of all; null when every source is at its end.
  [[nodiscard]] auto head() const { return sources_.empty() ? nullptr : sources_[winner_].head(); }
  // Steps over head().
  void next() {
    sources_[winner_].next();
    for (std::size_t node = (winner_ + sources_.size()) / 2; node >= 1; node /= 2) {
      if (beats(losers_[node], winner_)) std::swap(losers_[node], winner_);
    }
  }

 private:
  [[nodiscard]] bool beats(std::size_t a, std::size_t b) const {
    const auto* left = sources_[a].head();
    const auto* right = sources_[b].head();
    if (left == nullptr) return false;
    if (right == nullptr) return true;
    return a < b ? !less_(*right, *left) : less_(*left, *right);
  }
  // Leaves are the nodes k .. 2k-1; returns the source that wins below this node.
  std::size_t play(std::size_t node) {
    if (node >= sources_.size()) return node - sources_.size();
    const std::size_t left = play(2 * node);
    const std::size_t right = play(2 * node + 1);
    const bool left_wins = beats(left, right);
    losers_[node] = left_wins ? right : left;
    return left_wins ? left : right;
  }

  std::vector<Source> sources_;
  Less less_;
  std::vector<std::size_t> losers_;
  std::size_t winner_ = 0;
};

}  // namespace shardmill

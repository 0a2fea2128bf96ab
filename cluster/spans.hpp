// When this rank did what, for a timeline; nothing is kept unless somebody wants one.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

struct Span {
  using Clock = std::chrono::steady_clock;
  using Arguments = std::vector<std::pair<std::string, u64>>;

  const char* category;  // stage, exchange, fragment, sketches, shard
  std::string name;
  Clock::time_point begin;
  Clock::time_point end;
  Arguments arguments = {};
};

// Spans may lie inside each other. Memory: some hundred bytes each.
class Spans {
 public:
  static constexpr std::size_t kMost = 100'000;  // later ones are only counted

  // From here on spans are kept.
  void want() { wanted_ = true; }
  [[nodiscard]] bool wanted() const { return wanted_; }
  void add(Span span) {
    if (!wanted_) return;
    if (spans_.size() < kMost) {
      spans_.push_back(std::move(span));
    } else {
      ++left_out_;
    }
  }
  [[nodiscard]] const std::vector<Span>& all() const { return spans_; }
  [[nodiscard]] u64 left_out() const { return left_out_; }

 private:
  bool wanted_ = false;
  std::vector<Span> spans_;
  u64 left_out_ = 0;
};

}  // namespace shardmill

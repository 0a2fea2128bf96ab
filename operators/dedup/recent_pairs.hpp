// Forgets nothing it is asked about twice in a row: a cache that keeps repeats off the network.
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "cluster/types.hpp"
#include "engine/hash/hash.hpp"

namespace shardmill {

// Near-identical documents share most of their bands, so the same pair comes up once per band. A
// direct-mapped table remembers the pairs seen last; a pair that was displaced is simply seen anew,
// since whoever receives pairs drops repeats anyway.
class RecentPairs {
 public:
  // Takes at most `bytes`.
  explicit RecentPairs(u64 bytes) : bytes_(bytes) {}

  // Whether the pair is in the table; puts it there when not. `first` differs from `second`.
  bool seen(u64 first, u64 second) {
    if (slots_.empty()) slots_.resize(std::bit_floor(std::max<u64>(bytes_ / sizeof(Pair), 1)));
    Pair& slot = slots_[mix64(first ^ mix64(second)) & (slots_.size() - 1)];
    if (slot.first == first && slot.second == second) return true;
    slot = {first, second};
    return false;
  }

 private:
  struct Pair {
    u64 first = 0;
    u64 second = 0;  // equal to first: a free slot
  };
  u64 bytes_;
  std::vector<Pair> slots_;
};

}  // namespace shardmill

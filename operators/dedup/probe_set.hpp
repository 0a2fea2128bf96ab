// One set of shingles, ready to be compared with many others.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// Open addressing on the hashes themselves, at most half full: a comparison costs one probe for
// each shingle of the other set, whatever the size of this one, and ends as soon as its answer is
// known.
class ProbeSet {
 public:
  // `shingles`: distinct well mixed hashes.
  void build(std::span<const u64> shingles);

  // How many of `other` (distinct) are in the set; nothing when it is fewer than `least`, which is
  // found out after as many misses as that takes.
  [[nodiscard]] std::optional<u64> common(std::span<const u64> other, u64 least) const;

 private:
  [[nodiscard]] bool contains(u64 shingle) const {
    std::size_t slot = shingle >> shift_;
    while (slots_[slot] != shingle) {
      if (slots_[slot] == 0) return false;
      slot = (slot + 1) & mask_;
    }
    return true;
  }

  std::vector<u64> slots_;  // 0: free
  unsigned shift_ = 63;
  std::size_t mask_ = 0;
  bool has_zero_ = false;
};

}  // namespace shardmill

// Which two tokens merge, and into what.
#pragma once

#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

struct Merge {
  static constexpr u32 kNone = UINT32_MAX;
  u32 rank = kNone;  // lower ranks merge first; kNone: these two do not merge
  u32 id = 0;        // of what they become
};

// Open addressing, linear probing, at most half full: 32 bytes or more for each pair.
class PairTable {
 public:
  explicit PairTable(std::size_t pairs) {
    while ((std::size_t{1} << bits_) < 2 * pairs) ++bits_;
    slots_.resize(std::size_t{1} << bits_);
  }
  // Returns false, and changes nothing, when the pair is there already.
  bool add(u32 left, u32 right, Merge merge) {
    Slot& slot = slots_[place(left, right)];
    if (slot.merge.rank != Merge::kNone) return false;
    slot = {left, right, merge};
    return true;
  }
  [[nodiscard]] Merge find(u32 left, u32 right) const { return slots_[place(left, right)].merge; }

 private:
  struct Slot {
    u32 left = 0;
    u32 right = 0;
    Merge merge;
  };
  // Where the pair is or would be.
  [[nodiscard]] std::size_t place(u32 left, u32 right) const {
    const u64 key = (u64{left} << 32) | right;
    std::size_t at = (key * 0x9E3779B97F4A7C15U) >> (64 - bits_);
    while (slots_[at].merge.rank != Merge::kNone &&
           (slots_[at].left != left || slots_[at].right != right)) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return at;
  }

  u32 bits_ = 1;
  std::vector<Slot> slots_;
};

}  // namespace shardmill

// Which two tokens merge, and into what.
#pragma once

#include <algorithm>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

struct Merge {
  static constexpr u32 kNone = UINT32_MAX;
  u32 rank = kNone;  // lower ranks merge first; kNone: these two do not merge
  u32 id = 0;        // of what they become
};

// Open addressing, linear probing, at most half full: 34 bytes or more for each pair. Most pairs
// that are looked for are none: a filter that stays in a core's caches says so.
class PairTable {
 public:
  explicit PairTable(std::size_t pairs) : bits_(bits_of(pairs)) {
    slots_.resize(std::size_t{1} << bits_);
    filter_.resize(slots_.size() / 8 + 1);
  }
  // Bytes of one for so many pairs.
  [[nodiscard]] static u64 memory(u64 pairs) {
    return (u64{1} << bits_of(pairs)) * (sizeof(Slot) + 1) + sizeof(u64);
  }
  // Returns false, and changes nothing, when the pair is there already.
  bool add(u32 left, u32 right, Merge merge) {
    Slot& slot = slots_[place(left, right)];
    if (slot.merge.rank != Merge::kNone) return false;
    slot = {left, right, merge};
    const u64 bit = filter_bit(left, right);
    filter_[bit / 64] |= u64{1} << (bit % 64);
    return true;
  }
  [[nodiscard]] Merge find(u32 left, u32 right) const {
    const u64 bit = filter_bit(left, right);
    if ((filter_[bit / 64] >> (bit % 64) & 1) == 0) return {};
    return slots_[place(left, right)].merge;
  }
  // Whether some two tokens become this one. Looks at all.
  [[nodiscard]] bool makes(u32 id) const {
    return std::any_of(slots_.begin(), slots_.end(), [id](const Slot& slot) {
      return slot.merge.rank != Merge::kNone && slot.merge.id == id;
    });
  }

 private:
  struct Slot {
    u32 left = 0;
    u32 right = 0;
    Merge merge;
  };
  static u32 bits_of(u64 pairs) {
    u32 bits = 1;
    while ((u64{1} << bits) < 2 * pairs) ++bits;
    return bits;
  }
  static u64 mixed(u32 left, u32 right) {
    return ((u64{left} << 32) | right) * 0x9E3779B97F4A7C15U;
  }
  // Eight bits for each slot.
  [[nodiscard]] u64 filter_bit(u32 left, u32 right) const {
    return mixed(left, right) >> (64 - 3 - bits_);
  }
  // Where the pair is or would be.
  [[nodiscard]] std::size_t place(u32 left, u32 right) const {
    std::size_t at = mixed(left, right) >> (64 - bits_);
    while (slots_[at].merge.rank != Merge::kNone &&
           (slots_[at].left != left || slots_[at].right != right)) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return at;
  }

  u32 bits_;
  std::vector<Slot> slots_;
  std::vector<u64> filter_;  // pairs that are not there have a zero at their bit, nearly all
};

}  // namespace shardmill

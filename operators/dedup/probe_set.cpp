#include "operators/dedup/probe_set.hpp"

#include <algorithm>
#include <bit>

namespace shardmill {

void ProbeSet::build(std::span<const u64> shingles) {
  const std::size_t slots = std::bit_ceil(std::max<std::size_t>(2 * shingles.size(), 2));
  slots_.assign(slots, 0);
  mask_ = slots - 1;
  shift_ = static_cast<unsigned>(64 - std::countr_zero(slots));
  has_zero_ = false;
  for (const u64 shingle : shingles) {
    if (shingle == 0) {
      has_zero_ = true;
      continue;
    }
    std::size_t slot = shingle >> shift_;
    while (slots_[slot] != 0) slot = (slot + 1) & mask_;
    slots_[slot] = shingle;
  }
}

std::optional<u64> ProbeSet::common(std::span<const u64> other, u64 least) const {
  if (other.size() < least) return std::nullopt;
  const u64 may_miss = other.size() - least;
  u64 found = 0;
  // Looking at the misses only now and then keeps the loop free of a second branch.
  constexpr std::size_t kStride = 32;
  for (std::size_t begin = 0; begin < other.size(); begin += kStride) {
    const std::size_t end = std::min(begin + kStride, other.size());
    for (std::size_t i = begin; i < end; ++i) {
      found += other[i] == 0 ? has_zero_ : contains(other[i]);
    }
    if (end - found > may_miss) return std::nullopt;
  }
  return found;
}

}  // namespace shardmill

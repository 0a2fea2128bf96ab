#include "operators/dedup/signature/uniform_sort.hpp"

#include <algorithm>
#include <bit>

namespace shardmill {

void sort_uniform(std::vector<u64>& values, std::vector<u64>& scratch) {
  constexpr std::size_t kSmall = 64;             // below, comparing is as fast
  constexpr std::size_t kMostBuckets = 1 << 16;  // their counters stay in L2
  if (values.size() <= kSmall) {
    std::sort(values.begin(), values.end());
    return;
  }
  const std::size_t buckets = std::min(std::bit_floor(values.size()), kMostBuckets);
  const auto shift = static_cast<unsigned>(64 - std::countr_zero(buckets));
  std::vector<u32> begin(buckets + 1, 0);
  for (const u64 value : values) ++begin[(value >> shift) + 1];
  for (std::size_t b = 0; b < buckets; ++b) begin[b + 1] += begin[b];
  scratch.resize(values.size());
  std::vector<u32> at(begin.begin(), begin.end() - 1);
  for (const u64 value : values) scratch[at[value >> shift]++] = value;
  for (std::size_t b = 0; b < buckets; ++b) {
    const auto first = scratch.begin() + begin[b];
    const auto last = scratch.begin() + begin[b + 1];
    if (last - first > 32) {  // repeats of one value: insertion would be quadratic
      std::sort(first, last);
      continue;
    }
    for (auto i = first; i != last; ++i) {
      const u64 value = *i;
      auto hole = i;
      for (; hole != first && *(hole - 1) > value; --hole) *hole = *(hole - 1);
      *hole = value;
    }
  }
  values.swap(scratch);
}

}  // namespace shardmill

// Where a key lives: hash -> virtual partition -> rank. The number of partitions is a constant of
// every job, so what is in a partition never depends on how many ranks there are.
#pragma once

#include "cluster/types.hpp"

namespace shardmill {

inline constexpr u32 kPartitions = 4096;

// The high bits of a well mixed 64-bit hash, scaled to 0 .. kPartitions-1.
[[nodiscard]] constexpr u32 partition_of(u64 hash) {
  return static_cast<u32>((static_cast<u128>(hash) * kPartitions) >> 64);
}

// Each rank owns a contiguous range of partitions; sizes differ by at most one.
[[nodiscard]] constexpr Rank owner_of_partition(u32 partition, u32 ranks) {
  return {static_cast<u32>(u64{partition} * ranks / kPartitions)};
}

// The rank that owns a key with this hash. Grows with the hash.
[[nodiscard]] constexpr Rank owner_of(u64 hash, u32 ranks) {
  return owner_of_partition(partition_of(hash), ranks);
}

}  // namespace shardmill

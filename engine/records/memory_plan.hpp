// How records divide their lease between rows in memory, blocks of files and runs merged at once.
#pragma once

#include <algorithm>
#include <cstddef>

#include "cluster/types.hpp"

namespace shardmill {

struct MemoryPlan {
  std::size_t arena_bytes;  // rows in memory
  std::size_t sort_bytes;   // beside them while they are sorted
  std::size_t block_bytes;  // of run files: read and written at a time
  std::size_t fan_in;       // runs merged at once, one block each, one block for the result

  // A lease below this counts as this much.
  static constexpr std::size_t kSmallestLease = 256 * 1024;
  // Sequential speed is reached at 256 KiB; below 4 KiB a block is mostly header and system call.
  static constexpr std::size_t kLargestBlock = 256 * 1024;
  static constexpr std::size_t kSmallestBlock = 4 * 1024;
  // A radix sort works through it; more than the second cache has bring nothing.
  static constexpr std::size_t kLargestSort = std::size_t{2} << 20;
  static constexpr std::size_t kSmallestSort = 32 * 1024;
  // Beyond this the heads of the runs leave the cache.
  static constexpr std::size_t kLargestFanIn = 512;

  static MemoryPlan of(u64 lease_bytes) {
    const auto bytes = static_cast<std::size_t>(std::max<u64>(lease_bytes, kSmallestLease));
    const std::size_t block = std::clamp(bytes / 64, kSmallestBlock, kLargestBlock);
    const std::size_t sort = std::clamp(bytes / 16, kSmallestSort, kLargestSort);
    return {bytes - 2 * block - sort, sort, block,
            std::min<std::size_t>(bytes / block - 2, kLargestFanIn)};
  }
};

}  // namespace shardmill

// Where a key lives.
#pragma once

#include "cluster/types.hpp"

namespace shardmill {

// The rank that owns a key with this well mixed hash: each has an equal, contiguous range of
// hashes, so the owner grows with the hash.
[[nodiscard]] constexpr Rank owner_of(u64 hash, u32 ranks) {
  return {static_cast<u32>((static_cast<u128>(hash) * ranks) >> 64)};
}

}  // namespace shardmill

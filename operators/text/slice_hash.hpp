// The hash of many short pieces of one text.
#pragma once

#include <span>

#include "cluster/types.hpp"

namespace shardmill {

// XXH3-64 (seed 0) of bytes[begin[i], end[i]) for each i, as hash64() gives it, but without a call
// for each. `begin`, `end` and `hashes` are equally long; begin[i] <= end[i].
void hash_slices(const char* bytes, std::span<const u32> begin, std::span<const u32> end,
                 std::span<u64> hashes);

}  // namespace shardmill

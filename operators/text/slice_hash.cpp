#include "operators/text/slice_hash.hpp"

#define XXH_INLINE_ALL  // words are short: the call would cost as much as the hash
#include <xxhash.h>

namespace shardmill {

void hash_slices(const char* bytes, std::span<const u32> begin, std::span<const u32> end,
                 std::span<u64> hashes) {
  for (std::size_t i = 0; i < begin.size(); ++i) {
    hashes[i] = XXH3_64bits(bytes + begin[i], end[i] - begin[i]);
  }
}

}  // namespace shardmill

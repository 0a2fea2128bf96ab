#include "operators/dedup/signature/hash_family.hpp"

#include "engine/hash/hash.hpp"

namespace shardmill {

HashFamily::HashFamily(u32 hashes, u64 seed) {
  constexpr u64 kStep = 0x9E3779B97F4A7C15;
  const auto random = [seed](u64 n) { return mix64(seed + (n + 1) * kStep); };
  b1 = random(0);
  b2 = random(1);
  c = random(2);
  a.assign((u64{hashes} + kLanes - 1) / kLanes * kLanes, 0);
  for (u32 j = 0; j < hashes; ++j) a[j] = static_cast<u32>(random(3 + u64{j}));
}

}  // namespace shardmill

// The hashes everything is placed and named by. XXH3 (Collet), as specified by xxHash 0.8: anyone
// can recompute them.
#pragma once

#include <string>
#include <string_view>

#include "cluster/types.hpp"

namespace shardmill {

struct Hash128 {
  u64 high = 0;
  u64 low = 0;
  auto operator<=>(const Hash128&) const = default;
  // 32 lower-case hexadecimal digits, high half first, as xxhsum prints it.
  [[nodiscard]] std::string hex() const;
};

[[nodiscard]] u64 hash64(std::string_view bytes, u64 seed = 0);
[[nodiscard]] Hash128 hash128(std::string_view bytes);

// XXH3-128 over pieces, fed one after the other.
class Hasher128 {
 public:
  Hasher128();
  ~Hasher128();
  Hasher128(const Hasher128&) = delete;
  Hasher128& operator=(const Hasher128&) = delete;
  Hasher128& add(std::string_view bytes);
  // A string with its length before it (u64 little-endian), so that neighbours cannot run together.
  Hasher128& add_field(std::string_view bytes);
  Hasher128& add_number(u64 value);
  [[nodiscard]] Hash128 digest() const;

 private:
  void* state_;
};

// The seed of one use of randomness: hash64(purpose, seed).
[[nodiscard]] u64 seed_for(std::string_view purpose, u64 seed);

// Bijective 64-bit finaliser (Stafford's mix 13, as in SplitMix64).
[[nodiscard]] constexpr u64 mix64(u64 x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

}  // namespace shardmill

// The hash functions whose minima make a signature.
#pragma once

#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// `hashes` functions of 64-bit keys with 32-bit values, drawn with a seed. For a key x with halves
// lo = x mod 2^32 and hi = x >> 32:
//
//   D(x)   = ((B1 * lo + B2 * hi + C) mod 2^64) >> 32
//   h_j(x) = (A_j * (lo | 1) + D(x)) mod 2^32
//
// D is the multilinear hash with 64-bit random numbers, exactly strongly universal on 64-bit keys
// (Thorup, "High speed hashing for integers and strings", 2015, section 3; Lemire and Kaser,
// "Strongly universal string hashing is fast", 2014). Adding a function of the key that is drawn
// independently of D keeps it so, hence each h_j is exactly strongly universal: the values of any
// two keys are uniform and independent. The functions share D and differ by A_j, one 32-bit
// multiplication each; mean, variance and the independence of bands are tested against those of
// independent random functions.
//
// Keys must be hashes, as shingles are. Pairwise independence alone does not make minima unbiased:
// on keys in arithmetic progression a linear function misjudges a similarity of 0.5 by 0.07.
//
// r(n) = mix64(seed + (n + 1) * 0x9E3779B97F4A7C15) (SplitMix64; Steele, Lea and Flood, 2014) gives
// B1 = r(0), B2 = r(1), C = r(2), A_j = r(3 + j) mod 2^32.
struct HashFamily {
  // Signatures are computed 16 functions at a time: `a` is filled up with zeros to a multiple.
  static constexpr u32 kLanes = 16;

  HashFamily(u32 hashes, u64 seed);

  u64 b1;
  u64 b2;
  u64 c;
  std::vector<u32> a;

  // What the functions of one key share, and what each multiplies.
  [[nodiscard]] u32 shared(u64 key) const {
    return static_cast<u32>((b1 * (key & 0xffffffff) + b2 * (key >> 32) + c) >> 32);
  }
  [[nodiscard]] static u32 factor(u64 key) { return static_cast<u32>(key) | 1; }
};

}  // namespace shardmill

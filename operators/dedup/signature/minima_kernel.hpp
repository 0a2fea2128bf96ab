// The inner loop of signatures, once for each kind of processor.
#pragma once

#include <span>

#include "operators/dedup/signature/hash_family.hpp"

namespace shardmill {

// One way to compute minima. All give the same bits; only speed differs.
struct Kernel {
  const char* name;
  bool supported;  // by the processor at hand
  // Lowers minima[j] to the least h_j of `shingles`, for every j below family.a.size(); `minima`
  // has as many elements.
  void (*lower)(const HashFamily& family, std::span<const u64> shingles, u32* minima);
};

// Slowest first; the first one is portable and always supported.
[[nodiscard]] std::span<const Kernel> kernels();
// The last one that is supported.
[[nodiscard]] const Kernel& best_kernel();

}  // namespace shardmill

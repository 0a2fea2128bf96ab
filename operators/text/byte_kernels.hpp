// The inner loops over bytes, once for each kind of processor.
#pragma once

#include <cstddef>
#include <span>

#include "cluster/types.hpp"

namespace shardmill {

// One set of inner loops. All give the same bits; only speed differs.
struct ByteKernels {
  const char* name;
  bool supported;  // by the processor at hand

  // Copies ASCII bytes with A-Z lower-cased until the first byte above 0x7f or `size`; returns how
  // many. May write up to 64 bytes past them: `to` has room for size + 64 bytes. No overlap.
  std::size_t (*lower_ascii)(const char* from, std::size_t size, char* to);

  // For each of `blocks` x 64 bytes one word of 64 bits, bit i for byte i: `word` is set at ASCII
  // letters and digits, `above` at bytes above 0x7f.
  void (*classify)(const char* bytes, std::size_t blocks, u64* word, u64* above);

  // Lists runs of set bits in `word`, `blocks` x 64 bits that end with a clear one: the first
  // position of each and the one behind its last. A run also ends and begins anew at bits set in
  // `border`. Returns how many; `begin` and `end` have room for 64 more than that.
  std::size_t (*list_runs)(const u64* word, const u64* border, std::size_t blocks, u32* begin,
                           u32* end);
};

// Slowest first; the first one is portable and always supported.
[[nodiscard]] std::span<const ByteKernels> byte_kernels();
// The last one that is supported.
[[nodiscard]] const ByteKernels& best_byte_kernels();

}  // namespace shardmill

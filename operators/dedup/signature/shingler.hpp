// The shingles of a document: what two documents have in common is measured on these.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operators/text/word_scanner.hpp"

namespace shardmill {

enum class ShingleUnit : u8 { words, characters };

struct ShingleSettings {
  ShingleUnit unit = ShingleUnit::words;
  u32 size = 5;  // words or code points in a shingle, at least 1
};

// 64-bit shingle hashes of one document after the other; reuses its buffers, one for each worker.
//
// Word shingles: with h_i the XXH3-64 of word i (word_scanner.hpp) and M = 0x9E3779B97F4A7C15, the
// shingle of words 0 .. w-1 is mix64(sum of h_i * M^(w-1-i) mod 2^64). A document of fewer words,
// m >= 1, is one shingle: mix64(sum of h_i * M^(m-1-i) + m * 0xD6E8FEB86659FD93).
//
// Character shingles: the words are joined by single spaces; a shingle is the XXH3-64 (seed 0) of
// the UTF-8 bytes of each window of `size` code points. A shorter document with a word is one
// shingle: the XXH3-64 with seed 1 of the whole.
//
// A document without words has no shingles. Texts are valid UTF-8 of less than 2 GiB.
class Shingler {
 public:
  // Throws InternalError when the size is 0: the job file was checked before.
  explicit Shingler(ShingleSettings settings, const ByteKernels& kernels = best_byte_kernels());

  // All shingles in document order, with repeats, in place of what `out` held.
  void shingles(std::string_view text, std::vector<u64>& out);

  // Words of the text last given.
  [[nodiscard]] std::size_t words() const { return scanner_.size(); }

 private:
  void word_shingles(std::vector<u64>& out);
  void character_shingles(std::vector<u64>& out);

  ShingleSettings settings_;
  u64 leaving_factor_;  // M^size: what the oldest word of a window has been multiplied by
  WordScanner scanner_;
  std::vector<u64> word_hashes_;
  std::string joined_;
  std::vector<u32> starts_;  // first bytes of the code points of joined_, and its length
};

}  // namespace shardmill

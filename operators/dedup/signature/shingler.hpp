// The shingles of a document: what two documents have in common is measured on these.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operators/text/word_pieces.hpp"
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
  // `piece`: how much of a text is looked at at once, at least; nothing depends on it but memory.
  // Throws InternalError when the size is 0: the job file was checked before.
  explicit Shingler(ShingleSettings settings, const ByteKernels& kernels = best_byte_kernels(),
                    std::size_t piece = kWordPiece);

  // All shingles in document order, with repeats, some ten thousand at a time. Memory is for a
  // piece of the text (word_pieces.hpp), not for the text.
  using Take = std::function<void(std::span<const u64>)>;
  void shingles(std::string_view text, const Take& take);

 private:
  void begin();
  void word_shingles(const Take& take);
  void character_shingles(const Take& take);
  void end(const Take& take);

  ShingleSettings settings_;
  u64 leaving_factor_;  // M^size: what the oldest word of a window has been multiplied by
  std::size_t piece_;
  WordScanner scanner_;
  std::vector<u64> out_;
  u64 seen_ = 0;  // words or code points before this piece
  // Words: the last `size` hashes before this piece, zeros where there were fewer, then its own.
  std::vector<u64> word_hashes_;
  u64 sum_ = 0;
  // Characters: the last size - 1 code points before this piece, then its own.
  std::string joined_;
  std::vector<u32> starts_;  // first bytes of code points of joined_, and its length
};

}  // namespace shardmill

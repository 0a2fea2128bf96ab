// Exact intersections of the shingle sets of one connected component.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// A set of shingles as a sparse bitmap over the numbers that ShingleNumbers gives them: the words
// that are not zero, ascending. Documents of a family (a template and its instances) have most of
// their shingles in the same few words, so that comparing two of them costs some words and not some
// hundred shingles. A view of u64 back to back:
//   size << 32 | words, the words, their indexes (u32, two to a u64), shingles without a number.
class ShingleBitmap {
 public:
  explicit ShingleBitmap(std::span<const u64> code) : code_(code) {}

  // Shingles in the set.
  [[nodiscard]] u64 size() const { return code_[0] >> 32; }
  // |this and other|, exact. Both are of the same component.
  [[nodiscard]] u64 common(const ShingleBitmap& other) const;

  // The same without the processor's instruction for counting bits, for tests.
  [[nodiscard]] u64 common_portable(const ShingleBitmap& other) const;

  [[nodiscard]] std::span<const u64> words() const { return code_.subspan(1, word_count()); }
  [[nodiscard]] std::span<const u32> indexes() const {
    return {reinterpret_cast<const u32*>(code_.data() + 1 + word_count()), word_count()};
  }
  // Shingles without a number, ascending.
  [[nodiscard]] std::span<const u64> unnumbered() const {
    return code_.subspan(1 + word_count() + (word_count() + 1) / 2);
  }

 private:
  [[nodiscard]] std::size_t word_count() const { return code_[0] & UINT32_MAX; }

  std::span<const u64> code_;
};

// Numbers shingles in the order in which they are first seen, so that what a document adds to its
// family is next to each other. Memory: at most `limit` bytes; from then on new shingles get no
// number, and stand in the code as they are.
class ShingleNumbers {
 public:
  explicit ShingleNumbers(u64 limit) : limit_(limit) {}

  // Forgets everything: the next component.
  void clear();
  // Shingles of the document at hand: u64 back to back, of any alignment, in any order, with any
  // repeats. The order of a text makes its passages dense.
  void add(std::string_view shingles);
  // The code of the set of them, in place of what `code` held; the next document begins.
  void encode(std::vector<u64>& code);

 private:
  static constexpr u32 kNone = 0;
  struct Slot {
    u64 shingle = 0;
    u32 number = kNone;  // from 1 up
  };
  // An empty table for a component whose first document begins with so many shingles.
  void begin(std::size_t shingles);
  // Of a shingle, given now if it is new; kNone when there is no room for it.
  u32 number_of(u64 shingle);
  void grow();

  u64 limit_;
  std::vector<Slot> slots_;  // open addressing, at most half full; a power of two of them
  unsigned shift_ = 64;      // the highest bits of a shingle are its slot
  u32 given_ = 0;
  bool full_ = false;
  std::vector<u64> bits_;      // of the document at hand, by index; all zero between documents
  std::vector<u32> touched_;   // indexes of its words
  u64 numbered_ = 0;           // its shingles with a number, each counted once
  std::vector<u64> left_out_;  // its shingles without a number
};

}  // namespace shardmill

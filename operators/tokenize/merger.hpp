// Byte-level BPE of one word: of all neighbours that merge, those of the lowest rank do, the
// leftmost first, until none do (Sennrich, Haddow and Birch 2016, section 3.2, on bytes as GPT-2).
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "operators/tokenize/rank_queue.hpp"
#include "operators/tokenize/vocabulary.hpp"

namespace shardmill {

// One thread. Every byte of a word must be a token of the vocabulary, which outlives this.
class Merger {
 public:
  static constexpr u32 kNone = UINT32_MAX;
  // Words up to this are merged by looking at all neighbours again after each merge; longer ones in
  // n log n steps or fewer.
  static constexpr std::size_t kShortWord = 64;  // bytes
  // Words longer than two windows are merged window by window, so that the work stays in the cache;
  // in ever larger ones where windows do not agree.
  static constexpr std::size_t kWindow = 1024;  // bytes

  explicit Merger(const Vocabulary& vocabulary);
  // Appends the ids. It takes some 30 bytes for each byte of a window while it works.
  void merge(std::string_view word, std::vector<u32>& ids);
  // The id of a byte by itself; kNone: it is no token.
  [[nodiscard]] u32 byte_id(char byte) const { return byte_ids_[static_cast<u8>(byte)]; }
  // Neighbours looked at so far: what the time goes with.
  [[nodiscard]] u64 steps() const { return steps_; }

 private:
  // A token of a long word, named by where it begins; part of a list.
  struct Part {
    u32 id;
    u32 previous;
    u32 next;
    Merge merge;  // with the next
  };
  void merge_short(std::string_view word, std::vector<u32>& ids);
  void merge_long(std::string_view word, std::vector<u32>& ids);
  bool merge_windows(std::string_view word, std::size_t size, std::vector<u32>& ids);
  void meet(u32 left);

  const Vocabulary& vocabulary_;
  std::array<u32, 256> byte_ids_{};
  u64 steps_ = 0;
  std::vector<Part> parts_;  // of a long word; after the last one there is an end without an id
  RankQueue queue_;
  std::vector<u32> window_ids_;  // of the last window
};

}  // namespace shardmill

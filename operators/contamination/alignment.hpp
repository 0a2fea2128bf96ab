// How the words of a benchmark item stand in a stretch of a document, edits allowed.
//
// Words are compared by their 64-bit hashes. All results are integers that depend on nothing but
// the two sequences; tests/oracle/contamination.py says the same in Python.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "cluster/types.hpp"
#include "operators/text/word_places.hpp"

namespace shardmill {

// The words of an item, each with its weight: the rarer a word, the more it says.
struct WeightedWords {
  std::span<const u64> words;
  std::span<const u8> weights;  // at least 1
  u64 total = 0;                // sum of the weights
  // What a foreign word between the item's words costs: a quarter of a mean word.
  [[nodiscard]] i64 gap() const {
    return narrow<i64>(std::max<u64>(total / (4 * words.size()), 1));
  }
};

// One item beside one stretch of a document after the other; keeps its buffers between them: one
// for each worker. What the functions say refers to the last that were set.
class Aligner {
 public:
  // Both outlive what is asked about them. At least one word in the item.
  void set(const WeightedWords& item, std::span<const u64> document);

  // The weight of the item's words that stand in the document in any order, however often: an upper
  // bound of aligned_weight(). Time: words of the item.
  [[nodiscard]] u64 present_weight() const;
  // Whether `words` words of the item stand there word for word. Time: `words` operations for each
  // word of the document, on 64 words of the item at a time (shift-and; Baeza-Yates, Gonnet 1992).
  [[nodiscard]] bool has_run(std::size_t words);

  // The weight of the item's words that stand in words [span.begin, span.end) of the document in
  // their order: the heaviest common subsequence. Time, as of the rest: words of the item times
  // those of the document that are in the item.
  [[nodiscard]] u64 aligned_weight(WordSpan span);

  // The local alignment (Smith and Waterman 1981) of most weight less the gap for each foreign word
  // inside; words of the item may be left out at no cost. Of equal ones the first that ends, and of
  // these the shortest. Empty when no word is shared.
  [[nodiscard]] WordSpan best_span();

  // By word of the item, the words of the longest run of it that ends there and stands in the
  // document word for word. Valid until the next call.
  [[nodiscard]] std::span<const u32> runs();

 private:
  // A word of the document that is in the item.
  struct Shared {
    u64 word;
    u32 position;  // in the document
    u32 bits;      // where places_ says which words of the item it is
  };
  struct Cell {
    i64 score;
    i64 begin;
    auto operator<=>(const Cell&) const = default;
  };

  WeightedWords item_;
  std::size_t blocks_ = 0;  // of 64 words of the item
  std::vector<Shared> shared_;
  std::vector<std::pair<u64, u32>> sorted_;  // the item's words, and where they stand in it
  std::array<u64, 4> may_have_ = {};         // bits of hashes of the item's words
  std::vector<u32> bits_of_;                 // by place in sorted_
  std::vector<u64> places_;                  // for each distinct word, a bit for each word it is
  std::vector<u64> present_;
  std::vector<u64> states_;
  std::vector<Cell> cells_;
  std::vector<u64> weights_;
  std::vector<u32> lengths_;
  std::vector<u32> longest_;
};

}  // namespace shardmill

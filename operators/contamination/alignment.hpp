// How the words of a benchmark item stand in a stretch of a document, edits allowed.
//
// Words are compared by their 64-bit hashes. All results are integers that depend on nothing but
// the two sequences; tests/oracle/contamination.py says the same in Python.
#pragma once

#include <span>
#include <vector>

#include "cluster/types.hpp"

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

// Where words stand: [begin, end) of the document's words.
struct WordSpan {
  u32 begin = 0;
  u32 end = 0;
};

// Keeps its buffers between calls: one for each worker. Time: words of the item times words of the
// document.
class Aligner {
 public:
  // The local alignment (Smith and Waterman 1981) of most weight less the gap for each foreign word
  // inside; words of the item may be left out at no cost. Of equal ones the first that ends, and of
  // these the shortest. Empty when no word is shared.
  [[nodiscard]] WordSpan best_span(const WeightedWords& item, std::span<const u64> document);

  // The weight of the item's words that stand in `document` in their order: the heaviest common
  // subsequence.
  [[nodiscard]] u64 aligned_weight(const WeightedWords& item, std::span<const u64> document);

  // By word of the item, the words of the longest run of it that ends there and stands in
  // `document` word for word. Valid until the next call.
  [[nodiscard]] std::span<const u32> runs(const WeightedWords& item, std::span<const u64> document);

  // An upper bound of aligned_weight() / total, as a count: how many words of the item stand in
  // `document` in their order (longest common subsequence, 64 of them at a time: Hyyro 2004).
  [[nodiscard]] u64 common_words(std::span<const u64> item, std::span<const u64> document);

 private:
  struct Cell {
    i64 score;
    i64 begin;
    auto operator<=>(const Cell&) const = default;
  };
  std::vector<Cell> cells_;
  std::vector<u64> weights_;
  std::vector<u32> lengths_;
  std::vector<u32> longest_;
  std::vector<std::pair<u64, u32>> sorted_;
  std::vector<u64> bits_;
  std::vector<u64> row_;
};

}  // namespace shardmill

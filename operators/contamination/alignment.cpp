#include "operators/contamination/alignment.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <tuple>

namespace shardmill {

WordSpan Aligner::best_span(const WeightedWords& item, std::span<const u64> document) {
  constexpr Cell kNothing{std::numeric_limits<i64>::min() / 2, 0};
  const i64 gap = item.gap();
  // cells_[j]: of the item's words so far against the first j of the document.
  cells_.assign(document.size() + 1, kNothing);
  i64 best = 0;
  WordSpan span;
  for (std::size_t i = 0; i < item.words.size(); ++i) {
    const u64 word = item.words[i];
    Cell diagonal = kNothing;
    Cell left = kNothing;
    for (std::size_t j = 0; j < document.size(); ++j) {
      const Cell above = cells_[j + 1];
      Cell cell = std::max(above, {left.score - gap, left.begin});
      if (document[j] == word) {
        Cell joined = std::max(diagonal, {0, narrow<i64>(j)});
        joined.score += item.weights[i];
        cell = std::max(cell, joined);
        const u32 begin = narrow<u32>(joined.begin);
        const u32 end = narrow<u32>(j + 1);
        const bool better =
            joined.score > best ||
            (joined.score == best && (end < span.end || (end == span.end && begin > span.begin)));
        if (better) {
          best = joined.score;
          span = {begin, end};
        }
      }
      diagonal = above;
      cells_[j + 1] = left = cell;
    }
  }
  return span;
}

u64 Aligner::aligned_weight(const WeightedWords& item, std::span<const u64> document) {
  weights_.assign(document.size() + 1, 0);
  for (std::size_t i = 0; i < item.words.size(); ++i) {
    u64 diagonal = 0;
    u64 left = 0;
    for (std::size_t j = 0; j < document.size(); ++j) {
      const u64 above = weights_[j + 1];
      u64 weight = std::max(above, left);
      if (document[j] == item.words[i]) weight = std::max(weight, diagonal + item.weights[i]);
      diagonal = above;
      weights_[j + 1] = left = weight;
    }
  }
  return weights_.back();
}

std::span<const u32> Aligner::runs(const WeightedWords& item, std::span<const u64> document) {
  lengths_.assign(document.size() + 1, 0);
  longest_.assign(item.words.size(), 0);
  for (std::size_t i = 0; i < item.words.size(); ++i) {
    for (std::size_t j = document.size(); j-- > 0;) {
      lengths_[j + 1] = document[j] == item.words[i] ? lengths_[j] + 1 : 0;
      longest_[i] = std::max(longest_[i], lengths_[j + 1]);
    }
  }
  return longest_;
}

u64 Aligner::common_words(std::span<const u64> item, std::span<const u64> document) {
  // bits_: for each distinct word of the item, its places in it.
  const std::size_t blocks = (item.size() + 63) / 64;
  sorted_.clear();
  for (u32 i = 0; i < item.size(); ++i) sorted_.push_back({item[i], i});
  std::sort(sorted_.begin(), sorted_.end());
  row_.assign(blocks, ~u64{0});
  bits_.assign(blocks, 0);
  for (const u64 word : document) {
    auto at = std::lower_bound(sorted_.begin(), sorted_.end(), std::pair<u64, u32>{word, 0});
    if (at == sorted_.end() || at->first != word) continue;
    for (auto b = at; b != sorted_.end() && b->first == word; ++b) {
      bits_[b->second / 64] |= u64{1} << (b->second % 64);
    }
    u64 carry = 0;
    for (std::size_t block = 0; block < blocks; ++block) {
      const u64 v = row_[block];
      const u64 shared = v & bits_[block];
      u64 sum = 0;
      const bool over = __builtin_add_overflow(v, shared, &sum);
      const bool over_again = __builtin_add_overflow(sum, carry, &sum);
      row_[block] = sum | (v - shared);
      carry = over || over_again ? 1 : 0;
      bits_[block] = 0;
    }
  }
  u64 common = 0;
  for (std::size_t i = 0; i < item.size(); ++i) common += (~row_[i / 64] >> (i % 64)) & 1;
  return common;
}

}  // namespace shardmill

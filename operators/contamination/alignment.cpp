#include "operators/contamination/alignment.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace shardmill {

void Aligner::set(const WeightedWords& item, std::span<const u64> document) {
  item_ = item;
  blocks_ = (item.words.size() + 63) / 64;
  sorted_.clear();
  for (u32 i = 0; i < item.words.size(); ++i) sorted_.emplace_back(item.words[i], i);
  std::sort(sorted_.begin(), sorted_.end());
  may_have_.fill(0);
  for (const u64 word : item.words) may_have_[word >> 8 & 3] |= u64{1} << (word >> 10 & 63);
  places_.clear();
  bits_of_.resize(sorted_.size());
  for (std::size_t at = 0; at < sorted_.size(); ++at) {
    if (at == 0 || sorted_[at].first != sorted_[at - 1].first) {
      places_.resize(places_.size() + blocks_);
    }
    const std::size_t bits = places_.size() - blocks_;
    const u32 place = sorted_[at].second;
    places_[bits + place / 64] |= u64{1} << (place % 64);
    bits_of_[at] = narrow<u32>(bits);
  }
  shared_.clear();
  present_.assign(blocks_, 0);
  for (u32 j = 0; j < document.size(); ++j) {
    const u64 word = document[j];
    if ((may_have_[word >> 8 & 3] >> (word >> 10 & 63) & 1) == 0) continue;
    const auto at =
        std::lower_bound(sorted_.begin(), sorted_.end(), std::pair<u64, u32>{document[j], 0});
    if (at == sorted_.end() || at->first != document[j]) continue;
    const u32 bits = bits_of_[narrow<std::size_t>(at - sorted_.begin())];
    shared_.push_back({document[j], j, bits});
    for (std::size_t block = 0; block < blocks_; ++block) {
      present_[block] |= places_[bits + block];
    }
  }
}

u64 Aligner::present_weight() const {
  u64 weight = 0;
  for (std::size_t block = 0; block < blocks_; ++block) {
    for (u64 left = present_[block]; left != 0; left &= left - 1) {
      weight += item_.weights[block * 64 + narrow<std::size_t>(std::countr_zero(left))];
    }
  }
  return weight;
}

bool Aligner::has_run(std::size_t words) {
  // states_[t]: words of the item at which a run of t + 1 words ends, with the document's last.
  states_.assign(words * blocks_, 0);
  u32 next = 0;
  for (const Shared& shared : shared_) {
    if (shared.position != next) std::fill(states_.begin(), states_.end(), 0);
    next = shared.position + 1;
    for (std::size_t t = words; t-- > 0;) {
      u64* state = &states_[t * blocks_];
      const u64* shorter = t == 0 ? nullptr : state - blocks_;
      u64 any = 0;
      u64 carry = 0;
      for (std::size_t block = 0; block < blocks_; ++block) {
        const u64 before = shorter == nullptr ? ~u64{0} : shorter[block] << 1 | carry;
        if (shorter != nullptr) carry = shorter[block] >> 63;
        any |= state[block] = before & places_[shared.bits + block];
      }
      if (t + 1 == words && any != 0) return true;
    }
  }
  return false;
}

u64 Aligner::aligned_weight(WordSpan span) {
  const auto inside = [&](const Shared& shared) {
    return shared.position >= span.begin && shared.position < span.end;
  };
  const auto begin = std::find_if(shared_.begin(), shared_.end(), inside);
  const auto end = std::find_if_not(begin, shared_.end(), inside);
  weights_.assign(narrow<std::size_t>(end - begin) + 1, 0);
  for (std::size_t i = 0; i < item_.words.size(); ++i) {
    u64 diagonal = 0;
    u64* cell = weights_.data();
    for (auto at = begin; at != end; ++at, ++cell) {
      const u64 above = cell[1];
      u64 weight = std::max(above, cell[0]);
      if (at->word == item_.words[i]) weight = std::max(weight, diagonal + item_.weights[i]);
      diagonal = above;
      cell[1] = weight;
    }
  }
  return weights_.back();
}

WordSpan Aligner::best_span() {
  constexpr Cell kNothing{std::numeric_limits<i64>::min() / 2, 0};
  const i64 gap = item_.gap();
  // cells_[k]: of the item's words so far against the document up to its k-th shared word.
  cells_.assign(shared_.size() + 1, kNothing);
  i64 best = 0;
  WordSpan span;
  for (std::size_t i = 0; i < item_.words.size(); ++i) {
    const u64 word = item_.words[i];
    // Moved on to the word in hand, with the cost of what lies between.
    Cell diagonal = kNothing;
    Cell left = kNothing;
    i64 position = -1;
    for (std::size_t k = 0; k < shared_.size(); ++k) {
      const i64 at = shared_[k].position;
      const i64 between = gap * (at - position - 1);
      const Cell above = cells_[k + 1];
      Cell cell = std::max(above, {left.score - between - gap, left.begin});
      if (shared_[k].word == word) {
        Cell joined = std::max(Cell{diagonal.score - between, diagonal.begin}, Cell{0, at});
        joined.score += item_.weights[i];
        cell = std::max(cell, joined);
        const u32 begin = narrow<u32>(joined.begin);
        const u32 end = narrow<u32>(at + 1);
        const bool better =
            joined.score > best ||
            (joined.score == best && (end < span.end || (end == span.end && begin > span.begin)));
        if (better) {
          best = joined.score;
          span = {begin, end};
        }
      }
      diagonal = above;
      cells_[k + 1] = left = cell;
      position = at;
    }
  }
  return span;
}

std::span<const u32> Aligner::runs() {
  lengths_.assign(shared_.size() + 1, 0);
  longest_.assign(item_.words.size(), 0);
  for (std::size_t i = 0; i < item_.words.size(); ++i) {
    for (std::size_t k = shared_.size(); k-- > 0;) {
      const bool follows = k > 0 && shared_[k - 1].position + 1 == shared_[k].position;
      lengths_[k + 1] = shared_[k].word != item_.words[i] ? 0 : (follows ? lengths_[k] : 0) + 1;
      longest_[i] = std::max(longest_[i], lengths_[k + 1]);
    }
  }
  return longest_;
}

}  // namespace shardmill

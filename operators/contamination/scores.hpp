// What is said of a hit: scores, side by side over the same numbers, and which of them decide.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "operators/contamination/item_search.hpp"

namespace shardmill {

// How a hit is judged. Each gives a share, and finds the item where that reaches what the job asks
// for.
enum class Score : u8 {
  aligned,    // weight of the item's words in their order; no other numbers
  part,       // words of the longest part of the item that stands as it is; no other numbers
  brief,      // "short": the whole of an item with fewer words than the n of `ngram`
  ngram,      // n-grams of the item that stand there
  coverage,   // the same of shorter ones (Llama 3: 8)
  idf,        // n-grams by their rarity, and the answer and the passage beside them (AI2's decon)
  embedding,  // cosine of a part of the document and the item, where vectors are made
};
inline constexpr std::array<std::pair<std::string_view, Score>, 7> kScoreNames = {
    {{"aligned", Score::aligned},
     {"part", Score::part},
     {"short", Score::brief},
     {"ngram", Score::ngram},
     {"coverage", Score::coverage},
     {"idf", Score::idf},
     {"embedding", Score::embedding}}};
// In the order of the enumeration.
[[nodiscard]] constexpr std::string_view name_of(Score score) {
  return kScoreNames[static_cast<std::size_t>(score)].first;
}

// What a score says of one hit.
struct Share {
  u64 num = 0;
  u64 den = 1;
};

struct ScoreSettings {
  SearchSettings search;
  std::vector<Score> decide;
  // Thresholds of shares, in ten-thousandths.
  u64 aligned = 0;        // of items with at least `ngram` words
  u64 aligned_short = 0;  // of those with ItemIndex::kLeastWords; between them a straight line
  u64 part = 0;
  u64 coverage = 0;
  u64 idf = 0;         // of items with at least 50 words; up to 20 all of it
  u64 part_words = 0;  // at least so many
  u64 embedding = 0;   // 0: no vectors are made
  u64 ngrams = 1;      // at least so many
};

class Scores {
 public:
  // The index outlives the scores.
  Scores(const ItemIndex& index, ScoreSettings settings)
      : index_(index), settings_(std::move(settings)) {}

  // Those that this job has.
  [[nodiscard]] std::span<const std::pair<std::string_view, Score>> names() const {
    return std::span(kScoreNames).first(kScoreNames.size() - (settings_.embedding == 0 ? 1 : 0));
  }
  // 0 where the score says nothing of such an item or place.
  [[nodiscard]] Share share(Score score, const ItemHit& hit) const;
  // Whether the score, were it asked, says that the item is there.
  [[nodiscard]] bool finds(Score score, const ItemHit& hit) const;
  // Whether a hit is more than near: it has words of the item, or is as near as `embedding` asks.
  [[nodiscard]] bool counts(const ItemHit& hit) const {
    return hit.has_words() || finds(Score::embedding, hit);
  }
  // Of each item of one document, the first of those that decide that finds it. Where two items
  // stand in one place, the one that has more of its weight there is meant: the other is not found.
  [[nodiscard]] std::vector<std::optional<Score>> decisions(std::span<const ItemHit> hits) const;

 private:
  [[nodiscard]] std::optional<Score> decision(const ItemHit& hit) const;
  [[nodiscard]] bool is_aligned(Share found, u64 words) const;
  [[nodiscard]] Share idf_share(const ItemHit& hit) const;

  const ItemIndex& index_;
  ScoreSettings settings_;
};

}  // namespace shardmill

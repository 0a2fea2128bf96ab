// Which benchmark items stand in a document, and how well.
#pragma once

#include <span>
#include <vector>

#include "operators/contamination/item_index.hpp"
#include "operators/text/word_places.hpp"

namespace shardmill {

// One item in one document, where it stands best: without other numbers before with, then with most
// weight, then with the longest run, then where it begins first.
struct ItemHit {
  u32 item = 0;
  WordSpan span;               // of the document's words
  u64 weight = 0;              // of the item's words that stand there in their order
  u32 run = 0;                 // words of its longest part that stands near there word for word
  u32 ngrams = 0;              // its n-grams that do, of the n for the score `ngram`
  u32 covering = 0;            // the same of the n for `coverage`
  u32 idf = 0;                 // weight of its n-grams of ItemIndex::kIdfWords that do
  u32 answer = 0;              // of its answer, behind it, in ten-thousandths
  u32 passage = 0;             // of its passage, around it
  u32 similarity = 0;          // millionths of the cosine of a chunk and the item nearest to it
  bool other_numbers = false;  // the span has a number that the item does not have as often

  // False where the item is only near, as vectors have it: `span` is a chunk then.
  [[nodiscard]] bool has_words() const { return weight > 0; }
};

struct SearchSettings {
  u32 ngram = 13;    // words
  u32 coverage = 8;  // words
};

class ItemSearch {
 public:
  // A hit has at least half of the item's weight or a run of so many words.
  static constexpr u32 kLeastRun = 8;

  // The index outlives the search.
  ItemSearch(const ItemIndex& index, SearchSettings settings)
      : index_(index), settings_(settings) {}

  // The hits of one document, given by the ids of its words, in the order of their items; valid
  // until the next call.
  [[nodiscard]] const std::vector<ItemHit>& find(std::span<const u64> document);

 private:
  struct Diagonal {
    u32 item;
    i64 offset;  // of the item's first word in the document, were nothing edited
    auto operator<=>(const Diagonal&) const = default;
  };
  void look(u32 item, i64 begin, i64 end, std::span<const u64> document);
  void look_around(ItemHit& hit, std::span<const u64> document);
  [[nodiscard]] u32 share_of(std::span<const u64> part, std::span<const u64> there, std::size_t n);
  [[nodiscard]] bool has_other_numbers(u32 item, std::span<const u64> found);

  const ItemIndex& index_;
  SearchSettings settings_;
  Aligner aligner_;
  std::vector<Diagonal> diagonals_;
  std::vector<u64> numbers_;
  std::vector<u64> ngrams_;
  std::vector<ItemHit> hits_;
};

}  // namespace shardmill

#include "operators/contamination/item_search.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace shardmill {
namespace {

// A run of ItemSearch::kLeastRun words has five seeds.
constexpr i64 kWordsPerSeed = 32;
constexpr i64 kEnoughSeeds = 5;

// Greater is better.
auto rank_of(const ItemHit& hit) {
  return std::tuple(!hit.other_numbers, hit.weight, hit.run, -i64{hit.span.begin});
}

u32 ngrams_in(std::span<const u32> runs, u32 n) {
  return narrow<u32>(std::count_if(runs.begin(), runs.end(), [&](u32 run) { return run >= n; }));
}

}  // namespace

const std::vector<ItemHit>& ItemSearch::find(std::span<const u64> document) {
  hits_.clear();
  diagonals_.clear();
  index_.for_each_seed(document, [&](SeedPlace place, u32 word) {
    diagonals_.push_back({place.item, i64{word} - i64{place.position}});
  });
  std::sort(diagonals_.begin(), diagonals_.end());
  for (auto at = diagonals_.begin(); at != diagonals_.end();) {
    const u32 item = at->item;
    const i64 words = narrow<i64>(index_.words(item).words.size());
    const i64 slack = words / 4 + 1;
    const i64 first = at->offset;
    i64 last = first;
    const auto begin = at;
    for (; at != diagonals_.end() && at->item == item && at->offset - last <= slack; ++at) {
      last = at->offset;
    }
    // A long item that stands there, even badly edited, has more than one seed.
    if (at - begin < std::min(1 + words / kWordsPerSeed, kEnoughSeeds)) continue;
    look(item, std::max<i64>(first - slack, 0),
         std::min(last + words + slack, narrow<i64>(document.size())), document);
  }
  for (ItemHit& hit : hits_) look_around(hit, document);
  return hits_;
}

void ItemSearch::look_around(ItemHit& hit, std::span<const u64> document) {
  const auto near = [&](std::span<const u64> part, bool before) {
    const std::size_t reach = std::max<std::size_t>(100, 2 * part.size());
    const std::size_t begin = !before                  ? hit.span.end
                              : hit.span.begin > reach ? hit.span.begin - reach
                                                       : 0;
    return document.subspan(begin, std::min(document.size(), hit.span.end + reach) - begin);
  };
  const std::span<const u64> answer = index_.answer(hit.item);
  const std::span<const u64> passage = index_.passage(hit.item);
  hit.answer = share_of(answer, near(answer, false), 3);
  hit.passage = share_of(passage, near(passage, true), 4);
}

// Of its n-grams, or of all of it if that is shorter.
u32 ItemSearch::share_of(std::span<const u64> part, std::span<const u64> there, std::size_t n) {
  n = std::min(n, part.size());
  if (n == 0) return 0;
  const auto hash_at = [n](std::span<const u64> words, std::size_t at) {
    return ItemIndex::ngram_hash(words.subspan(at, n));
  };
  ngrams_.clear();
  for (std::size_t at = 0; at + n <= there.size(); ++at) ngrams_.push_back(hash_at(there, at));
  std::sort(ngrams_.begin(), ngrams_.end());
  u64 found = 0;
  for (std::size_t at = 0; at + n <= part.size(); ++at) {
    found += std::binary_search(ngrams_.begin(), ngrams_.end(), hash_at(part, at)) ? 1 : 0;
  }
  return narrow<u32>(10'000 * found / (part.size() - n + 1));
}

void ItemSearch::look(u32 item, i64 begin, i64 end, std::span<const u64> document) {
  const WeightedWords words = index_.words(item);
  const auto window =
      document.subspan(narrow<std::size_t>(begin), narrow<std::size_t>(end - begin));
  aligner_.set(words, window);
  // What no hit can come from, by ever tighter bounds.
  const bool has_run = aligner_.has_run(kLeastRun);
  if (!has_run && 2 * aligner_.present_weight() < words.total) return;
  const WordSpan all{0, narrow<u32>(window.size())};
  if (!has_run && 2 * aligner_.aligned_weight(all) < words.total) return;
  ItemHit hit;
  hit.item = item;
  hit.span = aligner_.best_span();
  hit.weight = aligner_.aligned_weight(hit.span);
  if (!has_run && 2 * hit.weight < words.total) return;
  const std::span<const u32> runs = aligner_.runs();
  hit.run = *std::max_element(runs.begin(), runs.end());
  hit.ngrams = ngrams_in(runs, settings_.ngram);
  hit.covering = ngrams_in(runs, settings_.coverage);
  const std::span<const u8> idf = index_.idf(item);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (runs[i] >= ItemIndex::kIdfWords) hit.idf += idf[i];
  }
  const auto found = window.subspan(hit.span.begin, hit.span.end - hit.span.begin);
  hit.span.begin += narrow<u32>(begin);
  hit.span.end += narrow<u32>(begin);
  hit.other_numbers = has_other_numbers(item, found);
  if (hits_.empty() || hits_.back().item != item) {
    hits_.push_back(hit);
  } else if (rank_of(hit) > rank_of(hits_.back())) {
    hits_.back() = hit;
  }
}

bool ItemSearch::has_other_numbers(u32 item, std::span<const u64> found) {
  numbers_.clear();
  std::copy_if(found.begin(), found.end(), std::back_inserter(numbers_), is_number);
  std::sort(numbers_.begin(), numbers_.end());
  const std::span<const u64> own = index_.numbers(item);
  return !std::includes(own.begin(), own.end(), numbers_.begin(), numbers_.end());
}

}  // namespace shardmill

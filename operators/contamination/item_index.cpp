#include "operators/contamination/item_index.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <unordered_map>

#include "engine/hash/hash.hpp"

namespace shardmill {
namespace {

std::size_t code_points(std::string_view utf8) {
  return narrow<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

// Shorter ones are found everywhere.
bool is_searchable(std::string_view text, std::size_t words, WordScanner& scanner) {
  if (words < ItemIndex::kLeastWords) return false;
  if (words >= ItemIndex::kLeastCharacters) return true;
  scanner.scan(text);
  std::string joined;
  scanner.append_joined(joined);
  return code_points(joined) >= ItemIndex::kLeastCharacters;
}

// Of a list of words, one after the other.
std::vector<u64> ngrams_of(std::span<const u64> words) {
  std::vector<u64> hashes;
  for (std::size_t at = 0; at + ItemIndex::kIdfWords <= words.size(); ++at) {
    hashes.push_back(ItemIndex::ngram_hash(words.subspan(at, ItemIndex::kIdfWords)));
  }
  return hashes;
}

u8 weight_of(u64 items, u64 with_word) {
  const double ratio = static_cast<double>(items + 1) / static_cast<double>(with_word);
  return narrow<u8>(1 + static_cast<int>(4 * std::log2(ratio)));
}

}  // namespace

struct ItemIndex::Same {
  std::vector<std::string> names;
  std::vector<u64> words;
  std::vector<u8> weights;
  std::vector<u8> idf;
  std::vector<u64> numbers;
  std::vector<u64> answer;
  std::vector<u64> passage;
};

u64 ItemIndex::ngram_hash(std::span<const u64> words) {
  return hash64({reinterpret_cast<const char*>(words.data()), words.size_bytes()});
}

ItemIndex::ItemIndex(std::vector<BenchmarkItem> items) {
  std::stable_sort(items.begin(), items.end(),
                   [](const auto& a, const auto& b) { return a.benchmark < b.benchmark; });
  WordScanner scanner;
  std::map<std::vector<u64>, Same> by_words;
  for (std::size_t begin = 0, end = 0; begin < items.size(); begin = end) {
    std::vector<std::vector<u64>> words;  // of one benchmark's items
    std::unordered_map<u64, u64> items_with;
    std::unordered_map<u64, u64> items_with_ngram;
    for (; end < items.size() && items[end].benchmark == items[begin].benchmark; ++end) {
      append_word_ids(items[end].text, scanner, words.emplace_back());
      std::vector<u64> distinct = words.back();
      std::sort(distinct.begin(), distinct.end());
      distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
      for (const u64 word : distinct) ++items_with[word];
      distinct = ngrams_of(words.back());
      std::sort(distinct.begin(), distinct.end());
      distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
      for (const u64 ngram : distinct) ++items_with_ngram[ngram];
      if (is_searchable(items[end].text, words.back().size(), scanner)) continue;
      unsearchable_.push_back(items[end].benchmark + "/" + items[end].id);
      words.back().clear();
    }
    for (std::size_t i = begin; i < end; ++i) {
      std::vector<u64>& list = words[i - begin];
      if (list.empty()) continue;
      Same& same = by_words[list];
      same.names.push_back(items[i].benchmark + "/" + items[i].id);
      if (!same.words.empty()) continue;
      for (const u64 word : list) {
        same.weights.push_back(weight_of(end - begin, items_with[word]));
      }
      same.idf.assign(std::min(list.size(), kIdfWords - 1), 0);
      for (const u64 ngram : ngrams_of(list)) {
        same.idf.push_back(weight_of(end - begin, items_with_ngram[ngram]));
      }
      append_word_ids(items[i].answer, scanner, same.answer);
      append_word_ids(items[i].passage, scanner, same.passage);
      std::copy_if(list.begin(), list.end(), std::back_inserter(same.numbers), is_number);
      std::sort(same.numbers.begin(), same.numbers.end());
      same.words = std::move(list);
    }
  }
  std::sort(unsearchable_.begin(), unsearchable_.end());
  std::vector<Same*> ordered;
  for (auto& [words, same] : by_words) {
    std::sort(same.names.begin(), same.names.end());
    ordered.push_back(&same);
  }
  std::sort(ordered.begin(), ordered.end(),
            [](const Same* a, const Same* b) { return a->names < b->names; });
  for (Same* same : ordered) add_item(std::move(*same));
  index_seeds();
}

u64 ItemIndex::memory() const {
  const auto bytes = [](const auto& list) { return list.capacity() * sizeof(list[0]); };
  u64 sum = bytes(begin_) + bytes(words_) + bytes(weights_) + bytes(total_) + bytes(has_seeds_) +
            filter_.memory() + short_filter_.memory() + bytes(slots_) + bytes(places_) +
            bytes(names_) + bytes(numbers_);
  for (const auto& names : names_) {
    sum += bytes(names);
    for (const std::string& name : names) sum += name.capacity();
  }
  sum += bytes(idf_) + bytes(idf_total_) + bytes(answers_) + bytes(passages_);
  for (const auto* lists : {&numbers_, &answers_, &passages_}) {
    for (const auto& list : *lists) sum += bytes(list);
  }
  for (const std::string& name : unsearchable_) sum += sizeof name + name.capacity();
  return sum;
}

void ItemIndex::add_item(Same&& item) {
  const auto append = [](const auto& from, auto& to) {
    to.insert(to.end(), from.begin(), from.end());
  };
  const auto sum = [](const std::vector<u8>& weights) {
    return std::accumulate(weights.begin(), weights.end(), u64{0});
  };
  append(item.words, words_);
  append(item.weights, weights_);
  append(item.idf, idf_);
  total_.push_back(sum(item.weights));
  idf_total_.push_back(sum(item.idf));
  begin_.push_back(words_.size());
  names_.push_back(std::move(item.names));
  numbers_.push_back(std::move(item.numbers));
  answers_.push_back(std::move(item.answer));
  passages_.push_back(std::move(item.passage));
}

void ItemIndex::Filter::make_room(std::size_t seeds) {
  // 8 to 16 bits for each seed.
  words_.assign(std::bit_ceil(std::max<std::size_t>(seeds / 8, 2)), 0);
  shift_ = 64 - std::countr_zero(words_.size());
}

void ItemIndex::index_seeds() {
  std::vector<Posting> postings;
  for (u32 item = 0; item < size(); ++item) {
    const std::span<const u64> list = words(item).words;
    const std::size_t seed = std::min(kSeed, list.size());
    for (std::size_t i = 0; i + seed <= list.size(); ++i) {
      postings.push_back({seed_hash(&list[i], seed), item, narrow<u32>(i)});
    }
  }
  std::sort(postings.begin(), postings.end());
  has_seeds_.assign(size(), 0);
  std::vector<Slot> seeds;
  std::vector<u64> short_seeds;
  for (std::size_t begin = 0, end = 0; begin < postings.size(); begin = end) {
    u64 items_with = 0;
    for (; end < postings.size() && postings[end].hash == postings[begin].hash; ++end) {
      items_with += end == begin || postings[end].item != postings[end - 1].item ? 1 : 0;
    }
    if (items_with > kCommon) continue;
    const u32 first = narrow<u32>(places_.size());
    for (std::size_t p = begin; p < end; ++p) {
      places_.push_back({postings[p].item, postings[p].position});
      has_seeds_[postings[p].item] = 1;
    }
    const bool is_short = words(postings[begin].item).words.size() < kSeed;
    if (is_short) short_seeds.push_back(postings[begin].hash);
    seeds.push_back({postings[begin].hash, first, narrow<u32>(places_.size())});
  }
  filter_.make_room(seeds.size());
  for (const Slot& seed : seeds) filter_.add(seed.hash);
  if (!short_seeds.empty()) short_filter_.make_room(short_seeds.size());
  for (const u64 hash : short_seeds) short_filter_.add(hash);
  // 2 to 4 slots for each seed.
  const std::size_t slots = std::bit_ceil(std::max<std::size_t>(2 * seeds.size(), 2));
  slots_.resize(slots);
  slot_shift_ = 64 - std::countr_zero(slots);
  for (const Slot& seed : seeds) {
    std::size_t at = slot_of(seed.hash);
    while (slots_[at].end != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = seed;
  }
}

}  // namespace shardmill

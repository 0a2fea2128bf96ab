// Benchmark items, and where a document may hold one: the index of their seeds.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operators/contamination/alignment.hpp"
#include "operators/contamination/word_ids.hpp"

namespace shardmill {

// What is searched for: one item of a benchmark.
struct BenchmarkItem {
  std::string benchmark;
  std::string id;
  std::string text;
};

// A place where one item may begin.
struct SeedPlace {
  u32 item;
  u32 position;  // of the seed's first word in the item
};

class ItemIndex {
 public:
  static constexpr std::size_t kSeed = 4;     // words that must stand as they are
  static constexpr std::size_t kCommon = 16;  // items; a seed of more begins nothing
  static constexpr std::size_t kLeastWords = 3;
  static constexpr std::size_t kLeastCharacters = 12;  // of the words with one space between them

  // Items whose words are the same are one; it has the weights of the first benchmark by name, in
  // which a word that many items have weighs little: 1 + floor(4 log2((items + 1) / items with
  // it)). No other benchmark changes them.
  explicit ItemIndex(std::vector<BenchmarkItem> items);

  [[nodiscard]] std::size_t size() const { return names_.size(); }
  // BENCHMARK/ID of all items with these words, in ascending order.
  [[nodiscard]] const std::vector<std::string>& names(u32 item) const { return names_[item]; }
  [[nodiscard]] WeightedWords words(u32 item) const {
    const std::size_t begin = begin_[item];
    const std::size_t n = begin_[item + 1] - begin;
    return {{&words_[begin], n}, {&weights_[begin], n}, total_[item]};
  }
  // The words that are numbers, sorted.
  [[nodiscard]] const std::vector<u64>& numbers(u32 item) const { return numbers_[item]; }
  // Items with too few words or characters to be told from other text: BENCHMARK/ID, ascending.
  [[nodiscard]] const std::vector<std::string>& unsearchable() const { return unsearchable_; }
  // False for an item all of whose seeds are common: it is never found.
  [[nodiscard]] bool has_seeds(u32 item) const { return has_seeds_[item] != 0; }

  // Bytes that it holds.
  [[nodiscard]] u64 memory() const;

  // Calls f(place, word) for every seed of an item that stands in the document at this word.
  template <class F>
  void for_each_seed(std::span<const u64> document, const F& f) const {
    scan(document, kSeed, f);
    if (has_short_) scan(document, kLeastWords, f);
  }

 private:
  struct Posting {
    u64 hash;
    u32 item;
    u32 position;
    auto operator<=>(const Posting&) const = default;
  };
  struct Slot {
    u64 hash = 0;
    u32 begin = 0;
    u32 end = 0;  // 0: empty
  };
  static constexpr u64 kMultiplier = 0x9E3779B97F4A7C15U;

  void add_item(std::vector<std::string> names, std::span<const u64> words,
                std::span<const u8> weights);
  void index_seeds();
  // Of the seed that begins at words[0]: the ids are hashes already.
  [[nodiscard]] static u64 seed_hash(const u64* words, std::size_t size) {
    u64 hash = size;
    for (std::size_t i = 0; i < size; ++i) hash += std::rotl(words[i], static_cast<int>(16 * i));
    return hash;
  }
  [[nodiscard]] const u64& filter_word(u64 hash) const { return filter_[hash >> filter_shift_]; }
  // Two bits of one word (a blocked Bloom filter: Putze, Sanders, Singler 2007). Not from the
  // lowest bits of the hash: of a word's id they say more than a hash should.
  [[nodiscard]] static u64 filter_bits(u64 hash) {
    return u64{1} << (hash >> 8 & 63) | u64{1} << (hash >> 16 & 63);
  }

  template <class F>
  void scan(std::span<const u64> document, std::size_t size, const F& f) const {
    // So many looks into the filter are under way at once.
    constexpr std::size_t kAhead = 16;
    std::array<u64, kAhead> hashes;
    for (std::size_t begin = 0; begin + size <= document.size(); begin += kAhead) {
      const std::size_t count = std::min(kAhead, document.size() - size + 1 - begin);
      for (std::size_t i = 0; i < count; ++i) {
        hashes[i] = seed_hash(&document[begin + i], size);
        __builtin_prefetch(&filter_word(hashes[i]));
      }
      for (std::size_t i = 0; i < count; ++i) {
        const u64 bits = filter_bits(hashes[i]);
        if ((filter_word(hashes[i]) & bits) != bits) continue;
        look_up(hashes[i], [&](SeedPlace place) { f(place, narrow<u32>(begin + i)); });
      }
    }
  }
  template <class F>
  void look_up(u64 hash, const F& f) const {
    std::size_t at = (hash * kMultiplier) >> slot_shift_;
    for (; slots_[at].end != 0; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].hash != hash) continue;
      for (u32 p = slots_[at].begin; p < slots_[at].end; ++p) f(places_[p]);
      return;
    }
  }

  std::vector<std::vector<std::string>> names_;
  std::vector<std::size_t> begin_ = {0};  // of each item's words; one more behind the last
  std::vector<u64> words_;
  std::vector<u8> weights_;
  std::vector<u64> total_;
  std::vector<std::vector<u64>> numbers_;
  std::vector<std::string> unsearchable_;
  std::vector<u8> has_seeds_;
  bool has_short_ = false;  // items of kLeastWords words
  // Most words of a document begin no seed: two bits for each seed, small enough for the caches.
  std::vector<u64> filter_;
  int filter_shift_ = 0;
  std::vector<Slot> slots_;
  int slot_shift_ = 0;
  std::vector<SeedPlace> places_;
};

}  // namespace shardmill

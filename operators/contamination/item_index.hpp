// Benchmark items, and where a document may hold one: the index of their seeds.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/store/array_file.hpp"
#include "operators/contamination/alignment.hpp"
#include "operators/contamination/word_ids.hpp"

namespace shardmill {

// What is searched for: one item of a benchmark.
struct BenchmarkItem {
  std::string benchmark;
  std::string id;
  std::string text;
  std::string answer = {};   // empty: none
  std::string passage = {};  // the same
};

// A place where one item may begin.
struct SeedPlace {
  u32 item;
  u32 position;  // of the seed's first word in the item
};

// Arrays only, so that a file that holds them is an index as it is, one copy for all ranks of a
// machine.
class ItemIndex {
 public:
  static constexpr std::size_t kSeed = 4;     // words that must stand as they are
  static constexpr std::size_t kCommon = 16;  // items; a seed of more begins nothing
  static constexpr std::size_t kLeastWords = 3;
  static constexpr std::size_t kLeastCharacters = 12;  // of the words with one space between them

  // The file of an index (engine/store/array_file.hpp), the same for the same items in any order of
  // benchmarks. Items whose words are the same are one; it has the weights of the first benchmark
  // by name, in which a word that many items have weighs little: 1 + floor(4 log2((items + 1) /
  // items with it)). No other benchmark changes them.
  [[nodiscard]] static std::string build(std::vector<BenchmarkItem> items);
  // Counts up when build() makes another file of the same items.
  static constexpr u64 kVersion = 1;

  explicit ItemIndex(ArrayFile file);

  [[nodiscard]] std::size_t size() const { return begin_.size() - 1; }
  // BENCHMARK/ID of all items with these words, in ascending order; the first of them.
  [[nodiscard]] std::vector<std::string_view> names(u32 item) const;
  [[nodiscard]] std::string_view name(u32 item) const { return names_[name_begin_[item]]; }
  // The item whose first name this is.
  [[nodiscard]] std::optional<u32> item_named(std::string_view name) const;
  [[nodiscard]] WeightedWords words(u32 item) const {
    const std::size_t begin = begin_[item];
    const std::size_t n = begin_[item + 1] - begin;
    return {{&words_[begin], n}, {&weights_[begin], n}, total_[item]};
  }
  // Words of an n-gram for the score `idf`.
  static constexpr std::size_t kIdfWords = 5;
  // By word, the weight of the n-gram that it ends: of those of an item as of words, by how many
  // items of the benchmark have it. 0 of the first words.
  [[nodiscard]] std::span<const u8> idf(u32 item) const {
    return {&idf_[begin_[item]], begin_[item + 1] - begin_[item]};
  }
  [[nodiscard]] u64 idf_total(u32 item) const { return idf_total_[item]; }
  [[nodiscard]] std::span<const u64> answer(u32 item) const { return answers_[item]; }
  [[nodiscard]] std::span<const u64> passage(u32 item) const { return passages_[item]; }
  [[nodiscard]] static u64 ngram_hash(std::span<const u64> words);

  // The words that are numbers, sorted.
  [[nodiscard]] std::span<const u64> numbers(u32 item) const { return numbers_[item]; }
  // Items with too few words or characters to be told from other text: BENCHMARK/ID, ascending.
  [[nodiscard]] std::vector<std::string_view> unsearchable() const;
  // False for an item all of whose seeds are common: it is never found.
  [[nodiscard]] bool has_seeds(u32 item) const { return has_seeds_[item] != 0; }

  // Bytes that it holds.
  [[nodiscard]] u64 memory() const { return file_.bytes(); }

  // Calls f(place, word) for every seed of an item that stands in the document at this word.
  template <class F>
  void for_each_seed(std::span<const u64> document, const F& f) const {
    scan(document, kSeed, filter_, f);
    if (!short_filter_.empty()) scan(document, kLeastWords, short_filter_, f);
  }

 private:
  // Places in slots that follow each other.
  struct Slot {
    u64 hash = 0;
    u32 begin = 0;
    u32 end = 0;  // 0: empty
  };
  static constexpr u64 kMultiplier = 0x9E3779B97F4A7C15U;

  // Of the seed that begins at words[0]: the ids are hashes already.
  [[nodiscard]] static u64 seed_hash(const u64* words, std::size_t size) {
    u64 hash = size;
    for (std::size_t i = 0; i < size; ++i) hash += std::rotl(words[i], static_cast<int>(16 * i));
    return hash;
  }
  // Which seeds there may be: three bits of one word for each (a blocked Bloom filter: Putze,
  // Sanders, Singler 2007), small enough for the caches. Not from the lowest bits of the hash: of a
  // word's id they say more than a hash should.
  class Filter {
   public:
    explicit Filter(std::span<const u64> words)
        : words_(words), shift_(64 - std::countr_zero(words.size())) {}
    // For so many seeds, with these in it.
    [[nodiscard]] static std::vector<u64> of(std::span<const u64> seeds);
    void prefetch(u64 hash) const { __builtin_prefetch(&words_[hash >> shift_]); }
    [[nodiscard]] bool may_have(u64 hash) const {
      return (words_[hash >> shift_] & bits(hash)) == bits(hash);
    }
    [[nodiscard]] bool empty() const { return words_.empty(); }

   private:
    [[nodiscard]] static u64 bits(u64 hash) {
      return u64{1} << (hash >> 8 & 63) | u64{1} << (hash >> 16 & 63) | u64{1} << (hash >> 24 & 63);
    }
    std::span<const u64> words_;
    int shift_;
  };
  // Lists of values, one after the other.
  template <class List, class Value>
  struct Lists {
    std::span<const u64> begin;  // of each; one more behind the last
    std::span<const Value> values;
    [[nodiscard]] List operator[](std::size_t i) const {
      return {values.data() + begin[i], static_cast<std::size_t>(begin[i + 1] - begin[i])};
    }
    [[nodiscard]] std::size_t size() const { return begin.size() - 1; }
  };
  using WordLists = Lists<std::span<const u64>, u64>;
  using Texts = Lists<std::string_view, char>;

  // What a file holds, by number of its array. A list takes two: begins and values.
  enum Array : std::size_t {
    kBegin,
    kWords,
    kWeights,
    kTotal,
    kIdf,
    kIdfTotal,
    kAnswers,
    kPassages = kAnswers + 2,
    kNumbers = kPassages + 2,
    kNameBegin = kNumbers + 2,
    kNames,
    kUnsearchable = kNames + 2,
    kHasSeeds = kUnsearchable + 2,
    kFilter,
    kShortFilter,
    kSlots,
    kPlaces,
  };
  class Builder;
  [[nodiscard]] WordLists word_lists(Array array) const {
    return {file_.array<u64>(array), file_.array<u64>(array + 1)};
  }
  [[nodiscard]] Texts texts(Array array) const {
    return {file_.array<u64>(array), file_.array<char>(array + 1)};
  }

  template <class F>
  void scan(std::span<const u64> document, std::size_t size, const Filter& filter,
            const F& f) const {
    // So many looks into the filter are under way at once, and then into the table.
    constexpr std::size_t kAhead = 64;
    std::array<u64, kAhead> hashes;
    std::array<u32, kAhead> maybe;
    for (std::size_t begin = 0; begin + size <= document.size(); begin += kAhead) {
      const std::size_t count = std::min(kAhead, document.size() - size + 1 - begin);
      for (std::size_t i = 0; i < count; ++i) {
        hashes[i] = seed_hash(&document[begin + i], size);
        filter.prefetch(hashes[i]);
      }
      std::size_t found = 0;
      for (std::size_t i = 0; i < count; ++i) {
        maybe[found] = static_cast<u32>(i);
        found += filter.may_have(hashes[i]) ? 1 : 0;
      }
      for (std::size_t k = 0; k < found; ++k)
        __builtin_prefetch(&slots_[slot_of(hashes[maybe[k]], slot_shift_)]);
      for (std::size_t k = 0; k < found; ++k) {
        const u32 i = maybe[k];
        look_up(hashes[i], [&](SeedPlace place) { f(place, narrow<u32>(begin + i)); });
      }
    }
  }
  // Where to look first of so many slots (a power of two).
  [[nodiscard]] static std::size_t slot_of(u64 hash, int shift) {
    return (hash * kMultiplier) >> shift;
  }
  [[nodiscard]] static int slot_shift(std::size_t slots) { return 64 - std::countr_zero(slots); }
  template <class F>
  void look_up(u64 hash, const F& f) const {
    std::size_t at = slot_of(hash, slot_shift_);
    for (; slots_[at].end != 0; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].hash != hash) continue;
      for (u32 p = slots_[at].begin; p < slots_[at].end; ++p) f(places_[p]);
      return;
    }
  }

  ArrayFile file_;
  std::span<const u64> begin_;  // of each item's words; one more behind the last
  std::span<const u64> words_;
  std::span<const u8> weights_;
  std::span<const u64> total_;
  std::span<const u8> idf_;
  std::span<const u64> idf_total_;
  WordLists answers_;
  WordLists passages_;
  WordLists numbers_;
  std::span<const u64> name_begin_;  // of each item's names; one more behind the last
  Texts names_;
  Texts unsearchable_;
  std::span<const u8> has_seeds_;
  // Most words of a document begin no seed.
  Filter filter_;
  Filter short_filter_;  // of items of kLeastWords words, few; empty without any
  std::span<const Slot> slots_;
  int slot_shift_;
  std::span<const SeedPlace> places_;
};

}  // namespace shardmill

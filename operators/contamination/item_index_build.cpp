// Builds the file of an ItemIndex.
#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <unordered_map>

#include "engine/hash/hash.hpp"
#include "operators/contamination/item_index.hpp"

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

class ItemIndex::Builder {
 public:
  explicit Builder(std::vector<BenchmarkItem> items);
  [[nodiscard]] std::string file();

 private:
  struct Posting {
    u64 hash;
    u32 item;
    u32 position;
    auto operator<=>(const Posting&) const = default;
  };
  // Items whose words are equal, before they are one.
  struct Same {
    std::vector<std::string> names;
    std::vector<u64> words;
    std::vector<u8> weights;
    std::vector<u8> idf;
    std::vector<u64> numbers;
    std::vector<u64> answer;
    std::vector<u64> passage;
  };
  // Lists of values, one after the other.
  template <class Value>
  struct Growing {
    std::vector<u64> begin = {0};
    std::vector<Value> values;
    template <class List>
    void add(const List& list) {
      values.insert(values.end(), list.begin(), list.end());
      begin.push_back(values.size());
    }
    void write(ArrayFileWriter& file) const {
      file.add(begin);
      file.add(values);
    }
  };

  void add_item(const Same& item);
  void index_seeds();
  [[nodiscard]] std::span<const u64> words(u32 item) const {
    return {&words_.values[words_.begin[item]], words_.begin[item + 1] - words_.begin[item]};
  }

  Growing<u64> words_;
  std::vector<u8> weights_;
  std::vector<u64> total_;
  std::vector<u8> idf_;
  std::vector<u64> idf_total_;
  Growing<u64> answers_;
  Growing<u64> passages_;
  Growing<u64> numbers_;
  std::vector<u64> name_begin_ = {0};
  Growing<char> names_;
  std::vector<std::string> unsearchable_;
  std::vector<u8> has_seeds_;
  std::vector<u64> filter_;
  std::vector<u64> short_filter_;
  std::vector<Slot> slots_;
  std::vector<SeedPlace> places_;
};

ItemIndex::Builder::Builder(std::vector<BenchmarkItem> items) {
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
  for (const Same* same : ordered) add_item(*same);
  index_seeds();
}

void ItemIndex::Builder::add_item(const Same& item) {
  const auto append = [](const auto& from, auto& to) {
    to.insert(to.end(), from.begin(), from.end());
  };
  const auto sum = [](const std::vector<u8>& weights) {
    return std::accumulate(weights.begin(), weights.end(), u64{0});
  };
  words_.add(item.words);
  append(item.weights, weights_);
  append(item.idf, idf_);
  total_.push_back(sum(item.weights));
  idf_total_.push_back(sum(item.idf));
  for (const std::string& name : item.names) names_.add(name);
  name_begin_.push_back(names_.begin.size() - 1);
  numbers_.add(item.numbers);
  answers_.add(item.answer);
  passages_.add(item.passage);
}

void ItemIndex::Builder::index_seeds() {
  const u32 items = narrow<u32>(total_.size());
  std::vector<Posting> postings;
  for (u32 item = 0; item < items; ++item) {
    const std::span<const u64> list = words(item);
    const std::size_t seed = std::min(kSeed, list.size());
    for (std::size_t i = 0; i + seed <= list.size(); ++i) {
      postings.push_back({seed_hash(&list[i], seed), item, narrow<u32>(i)});
    }
  }
  std::sort(postings.begin(), postings.end());
  has_seeds_.assign(items, 0);
  std::vector<Slot> seeds;
  std::vector<u64> hashes;
  std::vector<u64> short_hashes;
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
    hashes.push_back(postings[begin].hash);
    if (words(postings[begin].item).size() < kSeed) short_hashes.push_back(hashes.back());
    seeds.push_back({hashes.back(), first, narrow<u32>(places_.size())});
  }
  filter_ = Filter::of(hashes);
  if (!short_hashes.empty()) short_filter_ = Filter::of(short_hashes);
  // 2 to 4 slots for each seed.
  slots_.resize(std::bit_ceil(std::max<std::size_t>(2 * seeds.size(), 2)));
  const int shift = slot_shift(slots_.size());
  for (const Slot& seed : seeds) {
    std::size_t at = slot_of(seed.hash, shift);
    while (slots_[at].end != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = seed;
  }
}

std::string ItemIndex::Builder::file() {
  Growing<char> unsearchable;
  for (const std::string& name : unsearchable_) unsearchable.add(name);
  ArrayFileWriter file;
  // In the order of Array.
  words_.write(file);
  file.add(weights_);
  file.add(total_);
  file.add(idf_);
  file.add(idf_total_);
  answers_.write(file);
  passages_.write(file);
  numbers_.write(file);
  file.add(name_begin_);
  names_.write(file);
  unsearchable.write(file);
  file.add(has_seeds_);
  file.add(filter_);
  file.add(short_filter_);
  file.add(slots_);
  file.add(places_);
  return file.finish();
}

std::vector<u64> ItemIndex::Filter::of(std::span<const u64> seeds) {
  // 8 to 16 bits for each seed.
  std::vector<u64> words(std::bit_ceil(std::max<std::size_t>(seeds.size() / 8, 2)));
  const int shift = 64 - std::countr_zero(words.size());
  for (const u64 seed : seeds) words[seed >> shift] |= bits(seed);
  return words;
}

std::string ItemIndex::build(std::vector<BenchmarkItem> items) {
  return Builder(std::move(items)).file();
}

}  // namespace shardmill

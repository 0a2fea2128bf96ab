// The search for benchmark items beside finding the words alone, on one core: bytes per second are
// bytes of text.
//
//   CORPUS=build/corpus/corpus-00.jsonl ITEMS='benchmarks/*.jsonl.zst'
//   build/release/bench/bench_contamination
//
// CORPUS: JSON lines with `text`; of them some 64 MiB are used. ITEMS: files as `against` has them;
// without, 28,000 items of 20 to 60 words out of documents that are then left out (a million words,
// about as many n-grams).
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "operators/contamination/benchmark_files.hpp"
#include "operators/contamination/item_search.hpp"

namespace shardmill {
namespace {

constexpr std::size_t kCorpusBytes = std::size_t{64} << 20;
constexpr std::size_t kItems = 28'000;

struct Data {
  std::vector<std::string> documents;
  u64 bytes = 0;
  std::vector<BenchmarkItem> items;
};

// Words [begin, end) of a text as they stand, by spaces.
std::string words_of(const std::string& text, std::size_t begin, std::size_t end) {
  std::size_t at = 0;
  std::size_t from = 0;
  for (std::size_t word = 0; at < text.size() && word < end; ++word) {
    if (word == begin) from = at;
    at = text.find_first_of(" \n", at);
    at = at == std::string::npos ? text.size() : at + 1;
  }
  return text.substr(from, at - from);
}

const Data& data() {
  static const Data made = [] {
    Data out;
    const char* corpus = std::getenv("CORPUS");
    const char* items = std::getenv("ITEMS");
    std::ifstream file(corpus == nullptr ? "build/corpus/corpus-00.jsonl" : corpus);
    std::string line;
    for (u64 number = 0; out.bytes < kCorpusBytes && std::getline(file, line); ++number) {
      std::string text = nlohmann::json::parse(line).at("text");
      if (items == nullptr && number % 8 == 0 && out.items.size() < kItems) {
        for (std::size_t at = 0; at < 80; ++at) {
          const std::size_t size = 20 + (number * 7 + at * 11) % 41;
          out.items.push_back(
              {"made", std::to_string(out.items.size()), words_of(text, at * 61, at * 61 + size)});
        }
        continue;
      }
      out.bytes += text.size();
      out.documents.push_back(std::move(text));
    }
    if (items != nullptr) {
      BenchmarkFiles files;
      files.step = "bench";
      files.files = {items};
      files.source.is_table = true;
      for_each_item(files, [&](BenchmarkItem&& item) { out.items.push_back(std::move(item)); });
    }
    return out;
  }();
  return made;
}

const ItemIndex& index_of_items() {
  static const ItemIndex index{ArrayFile(ItemIndex::build(data().items))};
  return index;
}

void words_alone(benchmark::State& state) {
  WordScanner scanner;
  std::vector<u64> ids;
  for (auto _ : state) {
    for (const std::string& text : data().documents) {
      ids.clear();
      append_word_ids(text, scanner, ids);
      benchmark::DoNotOptimize(ids.data());
    }
  }
  state.SetBytesProcessed(static_cast<i64>(data().bytes) * state.iterations());
}
BENCHMARK(words_alone)->Unit(benchmark::kMillisecond);

void words_and_search(benchmark::State& state) {
  WordScanner scanner;
  ItemSearch search(index_of_items(), {});
  std::vector<u64> ids;
  std::vector<PiecePlace> places;
  u64 hits = 0;
  for (auto _ : state) {
    for (const std::string& text : data().documents) {
      ids.clear();
      append_word_ids(text, scanner, ids, &places);
      for (const ItemHit& hit : search.find(ids)) {
        benchmark::DoNotOptimize(bytes_of(hit.span, text, scanner, places));
        ++hits;
      }
    }
  }
  state.SetBytesProcessed(static_cast<i64>(data().bytes) * state.iterations());
  u64 words = 0;
  for (u32 item = 0; item < index_of_items().size(); ++item) {
    words += index_of_items().words(item).words.size();
  }
  state.counters["item_words"] = static_cast<double>(words);
  state.counters["hits"] = static_cast<double>(hits) / static_cast<double>(state.iterations());
}
BENCHMARK(words_and_search)->Unit(benchmark::kMillisecond);

void index_build(benchmark::State& state) {
  for (auto _ : state) {
    const ItemIndex index{ArrayFile(ItemIndex::build(data().items))};
    benchmark::DoNotOptimize(index.size());
  }
}
BENCHMARK(index_build)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace shardmill

#include "operators/contamination/item_vectors.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "operators/nearest/cosine.hpp"
#include "operators/text/word_pieces.hpp"

namespace shardmill {
namespace {

constexpr std::array<u32, 13> kChunkWords = {8,  12,  16,  24,  32,  48, 64,
                                             96, 128, 192, 256, 384, 512};
// What is embedded at once.
constexpr std::size_t kBatch = FlatSearch::kQueries;

// The least that has room for the item, or the largest.
u32 chunk_words(u64 item_words) {
  const auto at = std::lower_bound(kChunkWords.begin(), kChunkWords.end(), item_words);
  return at == kChunkWords.end() ? kChunkWords.back() : *at;
}

// Each begins a quarter of their size behind the one before; the last ends with the document.
std::vector<WordSpan> chunks_of(u64 words, u32 size) {
  std::vector<WordSpan> chunks;
  for (u64 begin = 0; words > 0; begin += size / 4) {
    const u64 end = std::min(begin + size, words);
    chunks.push_back({narrow<u32>(begin), narrow<u32>(end)});
    if (end == words) break;
  }
  return chunks;
}

}  // namespace

std::string ItemVectors::build(const ItemIndex& index, const BenchmarkFiles& benchmarks) {
  std::vector<u64> dimensions = {0};
  std::vector<float> vectors;
  std::vector<u8> has(index.size());
  std::vector<BenchmarkItem> batch;
  std::vector<u32> numbers;
  std::vector<std::string_view> texts;
  const auto embed = [&] {
    texts.clear();
    for (const BenchmarkItem& item : batch) texts.push_back(item.text);
    source_->load(texts);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      std::vector<float>* vector = source_->of(i);
      if (vector == nullptr) continue;
      check_finite(*vector, "item " + batch[i].benchmark + "/" + batch[i].id, *source_);
      if (!make_unit(*vector)) continue;
      dimensions[0] = vector->size();
      vectors.resize(index.size() * vector->size());
      std::copy(vector->begin(), vector->end(),
                vectors.begin() + static_cast<i64>(numbers[i] * vector->size()));
      has[numbers[i]] = 1;
    }
    batch.clear();
    numbers.clear();
  };
  for_each_item(benchmarks, [&](BenchmarkItem&& item) {
    const std::optional<u32> number = index.item_named(item.benchmark + "/" + item.id);
    if (!number) return;
    batch.push_back(std::move(item));
    numbers.push_back(*number);
    if (batch.size() == kBatch) embed();
  });
  if (!batch.empty()) embed();
  source_->finish();
  ArrayFileWriter file;
  file.add(dimensions);
  file.add(vectors);
  file.add(has);
  return file.finish();
}

void ItemVectors::use(const ItemIndex& index, ArrayFile file) {
  file_ = std::move(file);
  dimensions_ = file_->array<u64>(0)[0];
  const std::span<const u8> has = file_->array<u8>(2);
  std::map<u32, std::vector<u32>> by_size;
  for (u32 item = 0; item < index.size(); ++item) {
    item_words_.push_back(chunk_words(index.words(item).words.size()));
    if (has[item] != 0) by_size[narrow<u32>(item_words_[item])].push_back(item);
  }
  std::vector<float> vectors;
  for (auto& [words, items] : by_size) {
    vectors.clear();
    for (const u32 item : items) {
      const std::span<const float> vector = vector_of(item);
      vectors.insert(vectors.end(), vector.begin(), vector.end());
    }
    sizes_.push_back({words, std::move(items), FlatSearch(vectors, dimensions_)});
  }
}

u64 ItemVectors::memory(u64 items) {
  // The search has a copy of the file's vectors.
  return 2 * file_memory(items) + source_->memory_held() + FlatSearch::memory();
}

void ItemVectors::look(std::string_view id, std::string_view text, std::vector<ItemHit>& hits,
                       const std::optional<Part>& only) {
  places_.clear();
  u64 words = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view piece = text.substr(at, word_piece(text.substr(at), 1));
    places_.push_back({words, at});
    words += scanner_.scan(piece);
    at += piece.size();
  }
  near_.clear();
  for (const SizeClass& size : sizes_) {
    if (only && item_words_[only->item] != size.words) continue;
    std::vector<WordSpan> chunks = chunks_of(words, narrow<u32>(size.words));
    if (only) {
      std::erase_if(chunks, [&](WordSpan chunk) {
        return chunk.begin >= only->words.end || chunk.end <= only->words.begin;
      });
    }
    compare(size, id, text, chunks);
  }
  // Of each item the nearest chunk, and of these the first.
  std::sort(near_.begin(), near_.end(), [](const Near& a, const Near& b) {
    return std::tuple(a.item, b.similarity, a.chunk.begin) <
           std::tuple(b.item, a.similarity, b.chunk.begin);
  });
  near_.erase(std::unique(near_.begin(), near_.end(),
                          [](const Near& a, const Near& b) { return a.item == b.item; }),
              near_.end());
  const std::size_t found = hits.size();
  for (std::size_t at = 0; const Near& near : near_) {
    while (at < found && hits[at].item < near.item) ++at;
    if (at < found && hits[at].item == near.item) {
      hits[at].similarity = near.similarity;
    } else if (near.similarity >= kLeast) {
      hits.push_back({.item = near.item, .span = near.chunk, .similarity = near.similarity});
    }
  }
  std::inplace_merge(hits.begin(), hits.begin() + static_cast<i64>(found), hits.end(),
                     [](const ItemHit& a, const ItemHit& b) { return a.item < b.item; });
}

void ItemVectors::compare(const SizeClass& size, std::string_view id, std::string_view text,
                          const std::vector<WordSpan>& chunks) {
  texts_.clear();
  std::size_t begin = 0;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const ByteSpan bytes = bytes_of(chunks[i], text, scanner_, places_);
    texts_.push_back(text.substr(bytes.begin, bytes.end - bytes.begin));
    if (texts_.size() < kBatch && i + 1 < chunks.size()) continue;
    compare_batch(size, id, std::span(chunks).subspan(begin, texts_.size()));
    begin += texts_.size();
    texts_.clear();
  }
}

void ItemVectors::compare_batch(const SizeClass& size, std::string_view id,
                                std::span<const WordSpan> chunks) {
  compared_.clear();
  queries_.clear();
  source_->load(texts_);
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    std::vector<float>* vector = source_->of(i);
    if (vector == nullptr) continue;
    check_finite(*vector, "a part of document " + std::string(id), *source_);
    if (!make_unit(*vector)) continue;
    queries_.insert(queries_.end(), vector->begin(), vector->end());
    compared_.push_back(chunks[i]);
  }
  size.search.propose_best(queries_, 1, pairs_);
  for (std::size_t pair = 0; pair < pairs_.size();) {
    const u32 query = pairs_[pair].query;
    const auto vector = std::span(queries_).subspan(query * dimensions_, dimensions_);
    double best = -2;
    u32 nearest = 0;  // of equal ones the first
    for (; pair < pairs_.size() && pairs_[pair].query == query; ++pair) {
      const u32 item = size.items[pairs_[pair].candidate];
      const double score = cosine(vector, vector_of(item));
      if (score <= best) continue;
      best = score;
      nearest = item;
    }
    const i64 similarity = std::max<i64>(millionths(best), 0);
    near_.push_back({nearest, narrow<u32>(similarity), compared_[query]});
  }
}

}  // namespace shardmill

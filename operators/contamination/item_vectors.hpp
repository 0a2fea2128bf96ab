// Items and chunks of documents as vectors, for the score `embedding`.
//
// A document is cut into chunks about as long as items are, a quarter of a chunk apart; each says
// of the item nearest to it how near it is. tests/oracle/item_vectors.py says the same in Python.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/store/array_file.hpp"
#include "operators/contamination/benchmark_files.hpp"
#include "operators/contamination/item_index.hpp"
#include "operators/contamination/item_search.hpp"
#include "operators/embed/text_source.hpp"
#include "operators/nearest/flat_search.hpp"

namespace shardmill {

class ItemVectors {
 public:
  static constexpr u32 kLeast = 500'000;  // millionths of a cosine; less is no hit

  explicit ItemVectors(std::unique_ptr<TextSource> source) : source_(std::move(source)) {}

  // The file of the vectors of all items (engine/store/array_file.hpp). Throws DataError.
  [[nodiscard]] std::string build(const ItemIndex& index, const BenchmarkFiles& benchmarks);
  // Before look(); the index outlives it.
  void use(const ItemIndex& index, ArrayFile file);
  [[nodiscard]] bool is_ready() const { return file_.has_value(); }
  // Items that no chunk is compared with: the source knows none of their words. When ready.
  [[nodiscard]] u64 items_without() const {
    const std::span<const u8> has = file_->array<u8>(2);
    return static_cast<u64>(std::count(has.begin(), has.end(), u8{0}));
  }

  // Chunks for one item that touch these words.
  struct Part {
    u32 item = 0;
    WordSpan words;
  };
  // Sets `similarity` of hits in a document, and adds those that are near and nothing else. `hits`
  // are in the order of items, before and after. `only`: other chunks are not looked at. Throws
  // DataError with the document's `id`.
  void look(std::string_view id, std::string_view text, std::vector<ItemHit>& hits,
            const std::optional<Part>& only = std::nullopt);
  // See TextSource.
  void finish() { source_->finish(); }
  [[nodiscard]] std::vector<std::string> files() const { return source_->files(); }
  // Bytes of the file for so many items, and what is held beside it.
  [[nodiscard]] u64 file_memory(u64 items) { return items * (source_->bytes_per_document() + 1); }
  [[nodiscard]] u64 memory(u64 items);

 private:
  // Items that chunks of one size are compared with.
  struct SizeClass {
    u64 words;  // of a chunk
    std::vector<u32> items;
    FlatSearch search;
  };
  struct Near {
    u32 item = 0;
    u32 similarity = 0;
    WordSpan chunk;
  };
  void compare(const SizeClass& size, std::string_view id, std::string_view text,
               const std::vector<WordSpan>& chunks);
  void compare_batch(const SizeClass& size, std::string_view id, std::span<const WordSpan> chunks);
  [[nodiscard]] std::span<const float> vector_of(u32 item) const {
    return file_->array<float>(1).subspan(item * dimensions_, dimensions_);
  }

  std::unique_ptr<TextSource> source_;
  std::optional<ArrayFile> file_;  // dimensions, vectors, whether an item has one
  u64 dimensions_ = 0;
  std::vector<SizeClass> sizes_;
  std::vector<u64> item_words_;  // of a chunk, by item
  // Of the document at hand.
  WordScanner scanner_;
  std::vector<PiecePlace> places_;
  std::vector<std::string_view> texts_;  // of a batch of chunks
  std::vector<WordSpan> compared_;       // chunks that have a vector
  std::vector<float> queries_;
  std::vector<ProposedPair> pairs_;
  std::vector<Near> near_;
};

}  // namespace shardmill

// Vectors that are made of documents' texts: of the whole, or of chunks.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operators/embed/chunks.hpp"
#include "operators/embed/text_source.hpp"
#include "operators/embed/vector_source.hpp"

namespace shardmill {

// With chunks, a document's vector is the mean of those that its chunks have, each divided by its
// length before; sums are in double, in order.
class TextVectors final : public VectorSource {
 public:
  TextVectors(std::unique_ptr<TextSource> source, std::optional<Chunker> chunker)
      : source_(std::move(source)), chunker_(std::move(chunker)) {}
  void load(const Batch& batch) override;
  // See check_finite().
  std::vector<float>* of(std::size_t row) override;
  void finish() override { source_->finish(); }
  [[nodiscard]] u64 memory_held() const override { return source_->memory_held(); }
  [[nodiscard]] u64 bytes_per_document() override { return source_->bytes_per_document(); }
  [[nodiscard]] std::vector<std::string> files() const override { return source_->files(); }

 private:
  std::vector<float>* checked(std::size_t text, std::size_t row);

  std::unique_ptr<TextSource> source_;
  std::optional<Chunker> chunker_;
  const Batch* batch_ = nullptr;
  std::vector<std::string_view> texts_;  // of the batch's rows
  std::vector<std::size_t> ends_;        // of each row's, in texts_
  std::vector<double> sums_;
  std::vector<float> vector_;
};

}  // namespace shardmill

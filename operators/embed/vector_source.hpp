// Where the vectors of the step `embed` come from.
#pragma once

#include <vector>

#include "engine/batch/batch.hpp"
#include "operators/nearest/vector_field.hpp"

namespace shardmill {

class VectorSource {
 public:
  virtual ~VectorSource() = default;
  // The batch that the next rows are of; it outlives them.
  virtual void load(const Batch& batch) = 0;
  // The vector of a row, of at least one number, all finite; null when the document has none. The
  // caller may change it; it lives until the next call. Throws DataError with the document's id.
  virtual std::vector<float>* of(std::size_t row) = 0;
  // Called when what was given is to be kept. Throws DataError when it cannot be trusted.
  virtual void finish() {}
  // Bytes it holds whatever the documents; may read its files: throws DataError.
  [[nodiscard]] virtual u64 memory_held() const { return 0; }
  // Bytes of a vector, when they are not about those of the value that it is made of; may read its
  // files.
  [[nodiscard]] virtual u64 bytes_per_document() { return 0; }
  // What it reads beside the documents.
  [[nodiscard]] virtual std::vector<std::string> files() const { return {}; }
};

// `from: column`: a column of JSON arrays, or of vectors.
class VectorColumn final : public VectorSource {
 public:
  explicit VectorColumn(const std::string& column)
      : field_(column, "embed: column `" + column + "`") {}
  void load(const Batch& batch) override { field_.load(batch); }
  std::vector<float>* of(std::size_t row) override {
    const std::vector<float>* found = field_.of(row);
    if (found == nullptr) return nullptr;
    vector_ = *found;
    return &vector_;
  }

 private:
  VectorField field_;
  std::vector<float> vector_;
};

}  // namespace shardmill

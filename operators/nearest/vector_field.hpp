// The vector of a document: a column that an earlier step has made, or JSON numbers of the input.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/batch/batch.hpp"

namespace shardmill {

// Reads the value of a field (engine/batch/vector_value.hpp, or a JSON array of numbers) into
// `out`, float32. A JSON number is rounded to the nearest double and that to the nearest float, as
// numpy does. Empty when all is well, else what is wrong, as the end of a sentence: "expected an
// array of numbers; found \"x\"". An empty array and numbers beyond float32 are wrong.
[[nodiscard]] std::string read_vector(std::string_view value, std::vector<float>& out);

// The vectors of one column for one step. All have the same length, the first one's.
class VectorField {
 public:
  // `place`: what a message begins with, for example "dedup.semantic: column `vector`".
  VectorField(std::string column, std::string place)
      : column_(std::move(column)), place_(std::move(place)) {}

  // The batch that the next rows are of.
  void load(const Batch& batch) {
    batch_ = &batch;
    field_ = batch.field(column_);
  }
  // The vector of a row; null when the document has none. Lives until the next call. Throws
  // DataError, with the document's id, for a value that is no vector or of another length.
  [[nodiscard]] const std::vector<float>* of(std::size_t row);

 private:
  std::string column_;
  std::string place_;
  const Batch* batch_ = nullptr;
  const Field* field_ = nullptr;
  std::vector<float> vector_;
  std::size_t length_ = 0;  // 0: none was seen yet
};

}  // namespace shardmill

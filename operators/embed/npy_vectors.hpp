// Vectors that another program has made, in a .npy file beside a list of ids.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/hash/hash.hpp"
#include "operators/embed/vector_source.hpp"
#include "operators/read/npy.hpp"

namespace shardmill {

// `from: npy`. A document has the row of the line that is its id. The ids are read when the first
// document comes; the rows are looked up in the file (operators/read/npy.hpp).
class NpyVectors final : public VectorSource {
 public:
  // `vectors`: the .npy file; `ids`: a text file, an id a line, as many as the matrix has rows.
  NpyVectors(std::string vectors, std::string ids)
      : vectors_file_(std::move(vectors)), ids_file_(std::move(ids)) {}
  // Throws DataError for another matrix, two equal ids and another number of them.
  void load(const Batch& batch) override;
  // Throws DataError for numbers that float32 does not hold.
  std::vector<float>* of(std::size_t row) override;
  [[nodiscard]] u64 memory_held() const override {
    return NpyMatrix(vectors_file_).rows() * sizeof(Id);
  }
  [[nodiscard]] u64 bytes_per_document() override {
    return NpyMatrix(vectors_file_).columns() * sizeof(float);
  }
  [[nodiscard]] std::vector<std::string> files() const override {
    return {vectors_file_, ids_file_};
  }

 private:
  struct Id {
    Hash128 hash;  // of the id
    u64 row = 0;
    auto operator<=>(const Id&) const = default;
  };
  void read_ids();

  std::string vectors_file_;
  std::string ids_file_;
  std::unique_ptr<NpyMatrix> matrix_;
  std::vector<Id> ids_;  // sorted
  const Batch* batch_ = nullptr;
  std::vector<float> vector_;
};

}  // namespace shardmill

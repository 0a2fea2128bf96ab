// The matrix of a .npy file.
#pragma once

#include <span>
#include <string>

#include "cluster/types.hpp"
#include "engine/store/mapped_file.hpp"

namespace shardmill {

// A file of two dimensions in C order, float16, float32 or float64, little-endian (NumPy
// Enhancement Proposal 1: a magic, a version, a length, so many bytes of a Python dictionary, the
// numbers row by row). It is mapped, not read: a row costs its pages.
class NpyMatrix {
 public:
  // Throws DataError (file, what was expected) for anything else, and for a file of another size
  // than its header says.
  explicit NpyMatrix(const std::string& path);
  [[nodiscard]] u64 rows() const { return rows_; }
  [[nodiscard]] u64 columns() const { return columns_; }  // at least 1
  // Row `row`, each number rounded to float32; `out` has columns() elements.
  void read(u64 row, std::span<float> out) const;

 private:
  MappedFile file_;
  u64 begin_ = 0;
  u64 rows_ = 0;
  u64 columns_ = 0;
  u64 width_ = 0;  // bytes of a number: 2, 4 or 8
};

}  // namespace shardmill

// The one matrix of a .safetensors file.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/store/file.hpp"

namespace shardmill {

// A file of one tensor of two dimensions, F32 or F16 (format: a u64 length, so many bytes of JSON,
// the numbers row by row; all little-endian).
class SafetensorsMatrix {
 public:
  // Throws DataError (file, what was expected) for anything else, and for a file of another size
  // than its header says.
  explicit SafetensorsMatrix(const std::string& path);
  [[nodiscard]] u64 rows() const { return rows_; }
  [[nodiscard]] u64 columns() const { return columns_; }
  // Row `row` as float32; `out` has columns() elements.
  void read(u64 row, std::span<float> out);

 private:
  std::string path_;
  File file_;
  u64 begin_ = 0;
  u64 rows_ = 0;
  u64 columns_ = 0;
  bool half_ = false;
  std::string bytes_;
};

// IEEE 754 binary16 to binary32, exact.
[[nodiscard]] float float_of_half(std::uint16_t bits);

}  // namespace shardmill

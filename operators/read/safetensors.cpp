#include "operators/read/safetensors.hpp"

#include <simdjson.h>

#include <bit>
#include <cstring>
#include <vector>

namespace shardmill {
namespace {

constexpr u64 kMostHeader = u64{100} << 20;  // as the reference implementation has it

struct Tensor {
  std::string type;
  std::vector<u64> shape;
  std::vector<u64> offsets;
};

std::vector<u64> numbers(const simdjson::dom::array& from) {
  std::vector<u64> all;
  for (const simdjson::dom::element element : from) {
    all.push_back(static_cast<uint64_t>(element));
  }
  return all;
}

// Throws simdjson's error for a header that is none.
std::vector<Tensor> tensors_of(const std::string& header) {
  simdjson::dom::parser parser;
  std::vector<Tensor> tensors;
  const simdjson::dom::object named = parser.parse(header);
  for (const auto& [name, value] : named) {
    if (name == "__metadata__") continue;
    tensors.push_back({std::string(std::string_view(value["dtype"])),
                       numbers(simdjson::dom::array(value["shape"])),
                       numbers(simdjson::dom::array(value["data_offsets"]))});
  }
  return tensors;
}

}  // namespace

float float_of_half(std::uint16_t bits) {
  const u32 sign = u32{bits & 0x8000U} << 16;
  const u32 exponent = bits >> 10 & 31U;
  const u32 fraction = bits & 0x3ffU;
  if (exponent == 0) {  // fraction × 2^-24
    const float small = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -small : small;
  }
  const u32 wide = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

SafetensorsMatrix::SafetensorsMatrix(const std::string& path)
    : path_(path), file_(File::open_read(path)) {
  const u64 size = file_.size();
  u64 length = 0;
  if (size >= sizeof length)
    file_.read_exactly(0, {reinterpret_cast<char*>(&length), sizeof length});
  if (length == 0 || length > kMostHeader || length > size - sizeof length) {
    throw DataError(path + ": no .safetensors file: its header would have " +
                    std::to_string(length) + " of " + std::to_string(size) + " bytes");
  }
  std::string header(length, '\0');
  file_.read_exactly(sizeof length, header);
  std::vector<Tensor> tensors;
  try {
    tensors = tensors_of(header);
  } catch (const simdjson::simdjson_error& error) {
    throw DataError(path + ": the header of .safetensors cannot be understood: " + error.what());
  }
  if (tensors.size() != 1) {
    throw DataError(path + ": has " + std::to_string(tensors.size()) + " tensors, expected one");
  }
  const Tensor& tensor = tensors[0];
  half_ = tensor.type == "F16";
  if ((!half_ && tensor.type != "F32") || tensor.shape.size() != 2 || tensor.shape[1] == 0) {
    throw DataError(path + ": expected a tensor F32 or F16 of two dimensions; found " +
                    tensor.type + " of " + std::to_string(tensor.shape.size()));
  }
  rows_ = tensor.shape[0];
  columns_ = tensor.shape[1];
  begin_ = sizeof length + length;
  const u64 bytes = size - begin_;
  const u64 width = half_ ? sizeof(std::uint16_t) : sizeof(float);
  const bool fits = columns_ <= bytes / width && rows_ <= bytes / width / columns_ &&
                    rows_ * columns_ * width == bytes;
  if (!fits || tensor.offsets != std::vector<u64>{0, bytes}) {
    throw DataError(path + ": has " + std::to_string(bytes) + " bytes of numbers for " +
                    std::to_string(rows_) + " rows of " + std::to_string(columns_));
  }
}

void SafetensorsMatrix::read(u64 row, std::span<float> out) {
  const u64 width = columns_ * (half_ ? sizeof(std::uint16_t) : sizeof(float));
  bytes_.resize(width);
  file_.read_exactly(begin_ + row * width, bytes_);
  if (!half_) {
    std::memcpy(out.data(), bytes_.data(), width);
    return;
  }
  for (std::size_t i = 0; i < columns_; ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes_.data() + i * sizeof bits, sizeof bits);
    out[i] = float_of_half(bits);
  }
}

}  // namespace shardmill

// A vector as the value of a field, beside the JSON values that all other fields have.
//
// Its form is a byte that no JSON text begins with and then the components, float32 little-endian:
// a quarter of the bytes that digits would take, and nothing is rounded on the way to a shard.
#pragma once

#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

inline constexpr char kVectorMark = '\x01';

static_assert(std::endian::native == std::endian::little, "components are stored as they are");

[[nodiscard]] inline bool is_vector(std::string_view value) {
  return !value.empty() && value.front() == kVectorMark && (value.size() - 1) % sizeof(float) == 0;
}

[[nodiscard]] inline std::string vector_value(std::span<const float> components) {
  std::string value(1 + components.size_bytes(), kVectorMark);
  if (!components.empty())
    std::memcpy(value.data() + 1, components.data(), components.size_bytes());
  return value;
}

// The components of a value that is_vector(). `out` is replaced.
inline void copy_components(std::string_view value, std::vector<float>& out) {
  out.resize((value.size() - 1) / sizeof(float));
  if (!out.empty()) std::memcpy(out.data(), value.data() + 1, out.size() * sizeof(float));
}

}  // namespace shardmill

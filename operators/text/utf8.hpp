// Reading and writing code points of text that is known to be valid UTF-8.
#pragma once

#include <cstddef>

#include "cluster/types.hpp"

namespace shardmill {

struct CodePoint {
  char32_t value = 0;
  u32 length = 1;  // bytes, 1 .. 4
};

// The code point whose first byte is `at`. The text must be valid UTF-8.
[[nodiscard]] inline CodePoint code_point_at(const char* at) {
  const auto byte = [at](int i) {
    return static_cast<char32_t>(static_cast<unsigned char>(at[i]));
  };
  const char32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xe0) return {((lead & 0x1f) << 6) | (byte(1) & 0x3f), 2};
  if (lead < 0xf0) return {((lead & 0x0f) << 12) | ((byte(1) & 0x3f) << 6) | (byte(2) & 0x3f), 3};
  return {
      ((lead & 0x07) << 18) | ((byte(1) & 0x3f) << 12) | ((byte(2) & 0x3f) << 6) | (byte(3) & 0x3f),
      4};
}

// True for the second and later bytes of a code point.
[[nodiscard]] inline bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

}  // namespace shardmill

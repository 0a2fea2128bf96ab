// Integers as eight or four bytes, least significant first: the one byte order of our files.
#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <string_view>

#include "cluster/types.hpp"

namespace shardmill {

static_assert(std::endian::native == std::endian::little,
              "files are written from memory as it is; a big-endian machine needs byte swaps here");

inline void append_u64(std::string& to, u64 value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  to.append(bytes, sizeof value);
}

inline void append_u32(std::string& to, u32 value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  to.append(bytes, sizeof value);
}

// The caller has checked that eight (four) bytes are there.
[[nodiscard]] inline u64 load_u64(std::string_view from) {
  u64 value = 0;
  std::memcpy(&value, from.data(), sizeof value);
  return value;
}

[[nodiscard]] inline u32 load_u32(std::string_view from) {
  u32 value = 0;
  std::memcpy(&value, from.data(), sizeof value);
  return value;
}

}  // namespace shardmill

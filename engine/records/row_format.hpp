// A row as bytes: u32 length of what follows, u32 length of the key, key, payload. One layout in
// memory, in run files and in frames. Numbers in host byte order.
#pragma once

#include <cstring>
#include <span>
#include <string_view>

#include "cluster/types.hpp"

namespace shardmill {

struct Row {
  std::string_view key;
  std::string_view payload;
  std::span<const std::byte> encoded;  // the whole row, both lengths included
};

// Key first, then payload, as memcmp orders bytes (std::char_traits<char> compares as unsigned).
struct RowLess {
  bool operator()(const Row& a, const Row& b) const {
    const int keys = a.key.compare(b.key);
    return keys != 0 ? keys < 0 : a.payload < b.payload;
  }
};

struct RowFormat {
  static constexpr std::size_t kLengths = 2 * sizeof(u32);

  [[nodiscard]] static std::size_t bytes_of(std::string_view key, std::string_view payload) {
    return kLengths + key.size() + payload.size();
  }
  // Writes bytes_of(key, payload) bytes; throws InternalError when the row reaches 4 GiB.
  static void write(std::byte* into, std::string_view key, std::string_view payload) {
    const u32 length = narrow<u32>(sizeof(u32) + key.size() + payload.size());
    const u32 key_length = narrow<u32>(key.size());
    std::memcpy(into, &length, sizeof length);
    std::memcpy(into + sizeof length, &key_length, sizeof key_length);
    into += kLengths;
    if (!key.empty()) std::memcpy(into, key.data(), key.size());
    if (!payload.empty()) std::memcpy(into + key.size(), payload.data(), payload.size());
  }
  // The row at the beginning of `bytes`; throws InternalError when no whole row is there.
  [[nodiscard]] static Row read(std::span<const std::byte> bytes) {
    u32 length = 0;
    u32 key_length = 0;
    if (bytes.size() >= kLengths) {
      std::memcpy(&length, bytes.data(), sizeof length);
      std::memcpy(&key_length, bytes.data() + sizeof length, sizeof key_length);
    }
    if (length < sizeof(u32) || bytes.size() - sizeof(u32) < length ||
        length - sizeof(u32) < key_length) {
      throw InternalError("no whole row in " + std::to_string(bytes.size()) + " bytes");
    }
    const auto* text = reinterpret_cast<const char*>(bytes.data()) + kLengths;
    return {{text, key_length},
            {text + key_length, length - sizeof(u32) - key_length},
            bytes.first(sizeof(u32) + length)};
  }
};

}  // namespace shardmill

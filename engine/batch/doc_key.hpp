// DocKey: where a document came from, in 64 bits; its order is arrival order.
#pragma once

#include <compare>
#include <functional>
#include <string>

#include "cluster/types.hpp"

namespace shardmill {

// File ordinal (26 bits) | byte offset of the record in the decoded stream (38 bits; row number for
// tables). Ordinals of our own files stay below kForeign; those from kForeign up number the shards
// of datasets given with `against`.
struct DocKey {
  static constexpr unsigned kOffsetBits = 38;
  static constexpr u64 kForeign = u64{1} << 25;

  u64 value = 0;

  static DocKey of(u64 ordinal, u64 offset) {
    if (ordinal >= (u64{1} << 26) || offset >= (u64{1} << kOffsetBits)) {
      throw DataError("file " + std::to_string(ordinal) + " at offset " + std::to_string(offset) +
                      ": beyond what a document key can hold (2^26 files of 2^38 bytes)");
    }
    return {ordinal << kOffsetBits | offset};
  }
  [[nodiscard]] u64 ordinal() const { return value >> kOffsetBits; }
  [[nodiscard]] u64 offset() const { return value & ((u64{1} << kOffsetBits) - 1); }
  [[nodiscard]] bool foreign() const { return ordinal() >= kForeign; }
  [[nodiscard]] std::string text() const {
    return std::to_string(ordinal()) + ":" + std::to_string(offset());
  }
  auto operator<=>(const DocKey&) const = default;
};

}  // namespace shardmill

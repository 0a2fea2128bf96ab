// Values to bytes and back: the little-endian, length-prefixed form of rows and store sections.
#pragma once

#include <bit>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/types.hpp"

namespace shardmill {

static_assert(std::endian::native == std::endian::little, "files and frames are little-endian");

class WireWriter {
 public:
  explicit WireWriter(std::string& out) : out_(out) {}
  void number(u64 value) { raw(&value, sizeof value); }
  void text(std::string_view value) {
    number(value.size());
    out_.append(value);
  }
  void optional_text(std::optional<std::string_view> value) {
    number(value ? value->size() + 1 : 0);
    if (value) out_.append(*value);
  }
  // Trivially copyable values back to back, with their count before them.
  template <class Range>
  void array(const Range& values) {
    number(std::size(values));
    raw(std::data(values), std::size(values) * sizeof(*std::data(values)));
  }

 private:
  void raw(const void* data, std::size_t bytes) {
    out_.append(static_cast<const char*>(data), bytes);
  }
  std::string& out_;
};

// Throws DataError when the bytes end too early; `what` names them in the message.
class WireReader {
 public:
  WireReader(std::string_view bytes, const char* what) : bytes_(bytes), what_(what) {}
  u64 number() {
    u64 value = 0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view text() { return take(number()); }
  std::optional<std::string_view> optional_text() {
    const u64 size_plus_one = number();
    if (size_plus_one == 0) return std::nullopt;
    return take(size_plus_one - 1);
  }
  template <class Vector>
  void array(Vector& values) {
    using Element = typename Vector::value_type;
    const u64 count = number();
    if (count > bytes_.size() / sizeof(Element)) fail();
    values.resize(count);
    if (count > 0)
      std::memcpy(values.data(), take(count * sizeof(Element)).data(), count * sizeof(Element));
  }
  [[nodiscard]] bool done() const { return bytes_.empty(); }

 private:
  std::string_view take(u64 count) {
    if (count > bytes_.size()) fail();
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  [[noreturn]] void fail() const { throw DataError(std::string(what_) + ": ends too early"); }
  std::string_view bytes_;
  const char* what_;
};

// A number whose bytes sort like its value (big-endian), for row keys.
inline void append_sortable(std::string& out, u64 value) {
  const u64 swapped = __builtin_bswap64(value);
  out.append(reinterpret_cast<const char*>(&swapped), sizeof swapped);
}
inline u64 read_sortable(std::string_view bytes) {
  u64 swapped = 0;
  std::memcpy(&swapped, bytes.data(), sizeof swapped);
  return __builtin_bswap64(swapped);
}

}  // namespace shardmill

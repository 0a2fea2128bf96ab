// What a document and the row of a table must share to meet.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/hash/hash.hpp"

namespace shardmill {

// A key has one part for each column of `on`; its hash is the XXH3-128 of the length-prefixed
// parts. Parts are compared as text (document_value.hpp), so that 5 and "5" are the same key and
// 1.0 and 1 are not. A row where a part is absent or null has no key and meets nothing.
class JoinKey {
 public:
  void begin();
  // The text of a part (text_of_json); nothing when it is absent.
  void add(std::optional<std::string_view> text);
  // Of the parts since begin(); {} when one of them was absent.
  [[nodiscard]] Hash128 hash() const { return has_all_ ? hash128(parts_) : Hash128{}; }

 private:
  bool has_all_ = true;
  std::string parts_;
};

}  // namespace shardmill

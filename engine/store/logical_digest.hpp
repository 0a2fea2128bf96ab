// What a shard says, apart from how the file says it (DESIGN 5.9). Anyone can recompute it from the
// published files.
//
// SHA-256 over the documents in order; of each document its columns in name order (bytes); of each
// column four fields, each after its length (u64 little-endian): name, type name, one byte that is
// 1 where the value is present, value bytes. Value bytes are the text of utf8 and json, eight bytes
// little-endian of int64 and float64 (IEEE 754), one byte 0 or 1 of bool, four bytes little-endian
// (IEEE 754) for each number of a vector, nothing when absent.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/batch/batch.hpp"
#include "engine/store/sha256.hpp"

namespace shardmill {

class LogicalDigest {
 public:
  // The schema must be sorted by name without repetition (InternalError).
  explicit LogicalDigest(const Schema& schema);
  // The next document: value bytes as above, one per column in schema order.
  void add(std::span<const std::optional<std::string_view>> row);
  // 64 hexadecimal digits; call it once, last.
  [[nodiscard]] std::string hex();

 private:
  void hash_buffer();
  Sha256 sha_;
  std::vector<std::string> headings_;  // per column: name and type, each after its length
  std::string buffer_;
};

// The digest of a dataset from its shards' (path, logical digest): SHA-256 over the lines
// "path NUL digest LF", sorted by path (bytes).
[[nodiscard]] std::string dataset_digest(std::vector<std::pair<std::string, std::string>> shards);

// Throws InternalError unless the columns are sorted by name (bytes), each once.
void require_sorted(const Schema& schema);
// The type's name in published files: utf8, json, int64, float64, bool, vector.
[[nodiscard]] std::string_view column_type_name(Type type);
// The inverse of column_type_name(); nothing for a name that is no type.
[[nodiscard]] std::optional<Type> type_from_name(std::string_view name);

}  // namespace shardmill

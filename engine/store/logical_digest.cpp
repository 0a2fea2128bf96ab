#include "engine/store/logical_digest.hpp"

#include <algorithm>

#include "cluster/error.hpp"
#include "engine/store/little_endian.hpp"

namespace shardmill {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;  // stays in L2 until it is hashed

}  // namespace

LogicalDigest::LogicalDigest(const Schema& schema) {
  require_sorted(schema);
  for (const ColumnSpec& column : schema) {
    const std::string_view type = column_type_name(column.type);
    std::string heading;
    append_u64(heading, column.name.size());
    heading += column.name;
    append_u64(heading, type.size());
    heading += type;
    append_u64(heading, 1);  // the length of the valid byte that follows
    headings_.push_back(std::move(heading));
  }
}

void LogicalDigest::add(std::span<const std::optional<std::string_view>> row) {
  if (row.size() != headings_.size()) {
    throw InternalError("a document of " + std::to_string(row.size()) + " values for " +
                        std::to_string(headings_.size()) + " columns");
  }
  for (std::size_t column = 0; column < row.size(); ++column) {
    const std::optional<std::string_view>& value = row[column];
    buffer_ += headings_[column];
    buffer_ += value ? '\1' : '\0';
    append_u64(buffer_, value ? value->size() : 0);
    if (!value) continue;
    if (value->size() < kBufferBytes) {
      buffer_ += *value;
    } else {
      hash_buffer();
      sha_.add(*value);
    }
  }
  if (buffer_.size() >= kBufferBytes) hash_buffer();
}

void LogicalDigest::hash_buffer() {
  sha_.add(buffer_);
  buffer_.clear();
}

std::string LogicalDigest::hex() {
  hash_buffer();
  return sha_.hex();
}

std::string dataset_digest(std::vector<std::pair<std::string, std::string>> shards) {
  std::sort(shards.begin(), shards.end());
  Sha256 sha;
  for (const auto& [path, digest] : shards) {
    sha.add(path).add(std::string_view("\0", 1)).add(digest).add("\n");
  }
  return sha.hex();
}

void require_sorted(const Schema& schema) {
  for (std::size_t i = 1; i < schema.size(); ++i) {
    if (schema[i - 1].name >= schema[i].name) {
      throw InternalError("columns are not sorted by name: '" + schema[i - 1].name +
                          "' stands before '" + schema[i].name + "'");
    }
  }
}

std::string_view column_type_name(Type type) {
  // Part of the format: fixed here, whatever messages call the type.
  return type == Type::boolean ? "bool" : type_name(type);
}

std::optional<Type> type_from_name(std::string_view name) {
  for (const Type type : kTypes) {
    if (name == column_type_name(type)) return type;
  }
  return std::nullopt;
}

}  // namespace shardmill

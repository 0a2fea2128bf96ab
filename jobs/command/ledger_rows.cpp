#include "jobs/command/ledger_rows.hpp"

#include <charconv>
#include <cstring>

#include "engine/observe/json_line.hpp"
#include "jobs/run/small_tables.hpp"
#include "operators/write/text_shard_writer.hpp"

namespace shardmill {
namespace {

void require_table(const TextShardReader& reader, const std::string& path, const Schema& schema,
                   std::string_view format) {
  if (reader.format() == format && reader.schema() == schema) return;
  throw DataError(path + ": has the format " + reader.format() + " with " +
                  std::to_string(reader.schema().size()) + " columns, expected " +
                  std::string(format) + " with " + std::to_string(schema.size()));
}

// The columns of one row, by their position in the schema.
class RowValues {
 public:
  RowValues(const ShardRows& rows, u64 row, const std::string& path, const Schema& schema)
      : rows_(rows), row_(row), path_(path), schema_(schema) {}

  [[nodiscard]] std::optional<std::string_view> text(std::size_t column) const {
    return rows_.value(column, row_);
  }
  [[nodiscard]] std::string_view needed(std::size_t column) const {
    const auto value = text(column);
    if (!value) fail(column, "is absent");
    return *value;
  }
  [[nodiscard]] i64 number(std::size_t column) const {
    i64 value = 0;
    std::memcpy(&value, needed(column).data(), sizeof value);
    return value;
  }
  [[nodiscard]] std::optional<std::pair<i64, i64>> numbers(std::size_t first,
                                                           std::size_t second) const {
    if (text(first).has_value() != text(second).has_value()) fail(first, "is half absent");
    if (!text(first)) return std::nullopt;
    return std::pair(number(first), number(second));
  }

 private:
  [[noreturn]] void fail(std::size_t column, const char* what) const {
    throw DataError(path_ + ": row " + std::to_string(rows_.first() + row_) + ": " +
                    schema_[column].name + " " + what);
  }
  const ShardRows& rows_;
  u64 row_;
  const std::string& path_;
  const Schema& schema_;
};

void add_optional(JsonLine& line, std::string_view name,
                  const std::optional<std::string_view>& value) {
  if (value) {
    line.add(name, *value);
  } else {
    line.add_json(name, "null");
  }
}

}  // namespace

void require_ledger(const TextShardReader& reader, const std::string& path) {
  // With the column `group` where a job splits by columns.
  const bool with_groups = reader.schema().size() > ledger_schema(false).size();
  require_table(reader, path, ledger_schema(with_groups), kLedgerFormat);
}

void require_clusters(const TextShardReader& reader, const std::string& path) {
  require_table(reader, path, clusters_schema(), kClustersFormat);
}

// Columns stand in the order of small_tables.cpp: sorted by name.
LedgerEntry ledger_entry(const ShardRows& rows, u64 row, const std::string& path) {
  const bool with_groups = rows.columns() > ledger_schema(false).size();
  const RowValues values(rows, row, path, ledger_schema(with_groups));
  const std::size_t after = with_groups ? 1 : 0;  // `group` stands before id
  return {.id = values.needed(3 + after),
          .key = values.needed(4 + after),
          .source = values.needed(8 + after),
          .step = values.needed(11 + after),
          .fate = values.needed(2),
          .reason = values.text(5 + after),
          .witness = values.text(12 + after),
          .witness_key = values.text(13 + after),
          .score = values.numbers(7 + after, 6 + after),
          .cluster = values.text(0),
          .span = values.numbers(9 + after, 10 + after),
          .detector = values.text(1),
          .group = with_groups ? values.text(3) : std::nullopt};
}

ClusterEntry cluster_entry(const ShardRows& rows, u64 row, const std::string& path) {
  const RowValues values(rows, row, path, clusters_schema());
  return {.id = values.needed(1),
          .key = values.needed(0),
          .size = values.number(3),
          .kept = values.number(2),
          .sources = values.needed(4)};
}

std::string ledger_json(const LedgerEntry& entry) {
  JsonLine line;
  line.add("id", entry.id).add("key", entry.key).add("source", entry.source);
  line.add("step", entry.step).add("fate", entry.fate);
  add_optional(line, "reason", entry.reason);
  add_optional(line, "witness", entry.witness);
  add_optional(line, "witness_key", entry.witness_key);
  line.add_json("score", !entry.score
                             ? "null"
                             : "{\"num\":" + std::to_string(entry.score->first) +
                                   ",\"den\":" + std::to_string(entry.score->second) + "}");
  add_optional(line, "cluster", entry.cluster);
  add_optional(line, "group", entry.group);
  line.add_json("span", !entry.span ? "null"
                                    : "[" + std::to_string(entry.span->first) + "," +
                                          std::to_string(entry.span->second) + "]");
  add_optional(line, "detector", entry.detector);
  return line.text();
}

std::optional<DocKey> parse_key(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  u64 parts[2] = {0, 0};
  for (const std::string_view digits : {text.substr(0, colon), text.substr(colon + 1)}) {
    u64& part = digits.data() == text.data() ? parts[0] : parts[1];
    const char* end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, part);
    if (error != std::errc{} || stopped != end) return std::nullopt;
  }
  const bool fits = parts[0] < (u64{1} << 26) && parts[1] < (u64{1} << DocKey::kOffsetBits);
  if (!fits) return std::nullopt;
  const DocKey key = DocKey::of(parts[0], parts[1]);
  return key.text() == text ? std::optional(key) : std::nullopt;
}

}  // namespace shardmill

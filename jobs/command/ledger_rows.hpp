// The rows of a published ledger, as they are read back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/batch/doc_key.hpp"
#include "operators/write/text_shard_reader.hpp"

namespace shardmill {

// One verdict; the texts live as long as the ShardRows it was read from are not read into again.
struct LedgerEntry {
  std::string_view id;
  std::string_view key;
  std::string_view source;
  std::string_view step;
  std::string_view fate;
  std::optional<std::string_view> reason;
  std::optional<std::string_view> witness;
  std::optional<std::string_view> witness_key;
  std::optional<std::pair<i64, i64>> score;  // numerator, denominator
  std::optional<std::string_view> cluster;   // key of its group's first document, maybe its own
  std::optional<std::pair<i64, i64>> span;   // begin, end
  std::optional<std::string_view> detector;
  std::optional<std::string_view> group;  // the same of the group that a split by columns keeps
};

// DataError unless the columns are exactly those of a ledger (of the table of clusters).
void require_ledger(const TextShardReader& reader, const std::string& path);
void require_clusters(const TextShardReader& reader, const std::string& path);

// A row of a shard that passed require_ledger(). DataError, naming `path` and the row, when
// something that every row has is missing.
[[nodiscard]] LedgerEntry ledger_entry(const ShardRows& rows, u64 row, const std::string& path);

// A row of the table of clusters.
struct ClusterEntry {
  std::string_view id;   // of the first document
  std::string_view key;  // of the first document
  i64 size = 0;
  i64 kept = 0;
  std::string_view sources;  // JSON: {"web": 3, …}
};
[[nodiscard]] ClusterEntry cluster_entry(const ShardRows& rows, u64 row, const std::string& path);

// One JSON object without line end; the keys of DESIGN 9, null where there is nothing.
[[nodiscard]] std::string ledger_json(const LedgerEntry& entry);

// "ordinal:offset"; nothing for any other text.
[[nodiscard]] std::optional<DocKey> parse_key(std::string_view text);

}  // namespace shardmill

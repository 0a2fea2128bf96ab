// Which shards there are: the leaves of a binary trie over each table's place bits (DESIGN 5.5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/batch/batch.hpp"
#include "engine/plan/token_format.hpp"
#include "engine/records/records.hpp"

namespace shardmill {

// One table: its files are <folder><epoch>-<prefix>.h5, all with the same columns.
struct TableSpec {
  std::string folder;  // "text/train/", "ledger/"
  u32 epoch = 0;
  std::string split;  // written into the files; empty where there is none
  std::string_view format;
  Schema schema;
  u64 shard_size = 0;                      // bytes; 0: that of the plan
  std::optional<TokenFormat> tokens = {};  // of a table of token shards, and
  std::string made_by = {};                // what its ids are made by: other ids, another shard
};

// What the plan needs to know of a row.
struct RowHead {
  u32 table = 0;
  u32 unused = 0;
  u64 place = 0;
  u64 bytes = 0;
  u64 content = 0;  // hash of all that the row says
  auto operator<=>(const RowHead&) const = default;
};

struct Shard {
  u32 table = 0;
  u32 depth = 0;   // bits in the prefix
  u64 prefix = 0;  // the bits, at the top
  u64 rows = 0;
  u64 bytes = 0;
  u64 content = 0;   // of its columns and, as a sum, of its rows: equal content, equal file
  std::string path;  // "text/train/0001-01.h5"
};

class ShardPlan {
 public:
  // Collective. A node of a table's trie splits if and only if its bytes exceed `shard_size` and it
  // holds more than one distinct place; empty halves vanish. Reads the heads once per level.
  ShardPlan(Cluster& cluster, const std::vector<TableSpec>& tables, const Records<RowHead>& heads,
            u64 shard_size);

  [[nodiscard]] const std::vector<Shard>& shards() const { return shards_; }
  // Position in shards(); InternalError for a place that no head had.
  [[nodiscard]] std::size_t find(u32 table, u64 place) const;

 private:
  std::vector<Shard> shards_;  // by (table, prefix)
};

}  // namespace shardmill

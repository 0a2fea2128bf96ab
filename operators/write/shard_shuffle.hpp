// The write pass: every row goes once to the rank that writes its shard.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/exchange/shuffle.hpp"
#include "operators/write/shard_plan.hpp"
#include "operators/write/text_shard_writer.hpp"

namespace shardmill {

// Where a row stands among those of its shard: by place, then id, then document, then number.
struct RowOrder {
  u64 place = 0;
  std::string_view id;
  DocKey key;
  u64 number = 0;
};

// One value per column in schema order: the text of utf8 columns, JSON text of all others.
using RowValues = std::span<const std::optional<std::string_view>>;

// Collective from construction to finish(). Memory: the lease; rows beyond it are spilled sorted.
class ShardShuffle {
 public:
  // `writer[i]`: the rank that writes shard i; nullopt for shards that need not be written.
  ShardShuffle(Cluster& cluster, const std::vector<TableSpec>& tables, const ShardPlan& plan,
               std::vector<std::optional<Rank>> writer, double memory_fraction);

  // Whether rows of this shard are to be put(); of none any more once the run was asked to stop.
  [[nodiscard]] bool wanted(std::size_t shard) const;
  void put(std::size_t shard, const RowOrder& order, RowValues values);
  // Writes this rank's shards below `folder`, in order of their position; on_shard is called after
  // each, when the file has its name and is durable. Throws Stopped after the shard at hand, and
  // before the first when rows may be missing.
  void finish(const std::filesystem::path& folder,
              const std::function<void(std::size_t shard, const ShardInfo&)>& on_shard);

 private:
  void write(Rows& rows, const std::filesystem::path& folder,
             const std::function<void(std::size_t shard, const ShardInfo&)>& on_shard) const;

  Cluster& cluster_;
  const std::vector<TableSpec>& tables_;
  const ShardPlan& plan_;
  std::vector<std::optional<Rank>> writer_;
  RowShuffle rows_;
  std::string key_;
  std::string payload_;
};

}  // namespace shardmill

// Profiles of the columns that checks name, from the shards of a snapshot that is being made.
#pragma once

#include <filesystem>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/observe/observer.hpp"
#include "jobs/checks/column_profile.hpp"
#include "jobs/run/manifest.hpp"

namespace shardmill {

// What is asked of one column.
struct ColumnTask {
  std::string column;
  std::vector<ValueTest> tests;  // by name, each once
  bool distinct = false;         // how many different values there are
};
// By column; the checks that are about none need no shard.
[[nodiscard]] std::vector<ColumnTask> column_tasks(const std::vector<CheckSpec>& checks);

// Over all shards, on rank 0; empty on others.
struct ShardProfiles {
  ColumnProfiles columns;
  std::map<std::string, u64> distinct;  // by column, where it was asked for
};

// Collective. Reads the columns of shards of which the store has no profile (a shard by one rank)
// and keeps these profiles in the folder `store`, each named by the shard's logical digest, the
// column and what is asked of it: a shard that did not change is not read again. Different values
// are counted by their hashes (128 bits), which lie with the profile and are exchanged. `shards`
// below `folder`, on rank 0, those of texts only. Adds the files that were used to `used`.
[[nodiscard]] ShardProfiles profile_shards(Cluster& cluster, const std::vector<ShardRecord>& shards,
                                           const std::filesystem::path& folder,
                                           const std::filesystem::path& store,
                                           std::vector<ColumnTask>& tasks, Observer& observer,
                                           std::vector<std::filesystem::path>& used);

}  // namespace shardmill

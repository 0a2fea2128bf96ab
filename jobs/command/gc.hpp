// The command `gc`: removes old snapshots and what runs keep in the store and no longer use.
#pragma once

#include <vector>

#include "jobs/command/arguments.hpp"
#include "jobs/command/snapshot_list.hpp"

namespace shardmill {

// The numbers of those to remove, ascending: not the current one or the newest, not tagged or being
// read, not among the `keep` newest, and, where `days` are given, older than these.
[[nodiscard]] std::vector<u64> expired(const std::vector<SnapshotInfo>& snapshots, u64 keep,
                                       std::optional<u64> days);

// With the dataset's lock. Returns the exit code. Shards that a kept snapshot shares stay: they are
// hard links.
int collect_garbage(const Arguments& arguments);

}  // namespace shardmill

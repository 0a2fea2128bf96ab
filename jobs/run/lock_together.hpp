// Waiting for the dataset, all ranks of a run together.
#pragma once

#include <filesystem>
#include <optional>

#include "cluster/cluster.hpp"
#include "engine/store/dataset_lock.hpp"

namespace shardmill {

// What a rank holds while its run has the dataset.
struct RunLock {
  std::optional<DatasetLock> first;  // rank 0
  std::optional<RankLock> other;     // the others
};

// Collective. Rank 0 has the lock, after at most so many seconds; LockedError on every rank names
// who has it. The others wait too, in short turns, so that nobody takes them for dead. Stopped when
// a signal asks for it meanwhile.
[[nodiscard]] RunLock lock_together(Cluster& cluster, const std::filesystem::path& output,
                                    u64 seconds);

}  // namespace shardmill

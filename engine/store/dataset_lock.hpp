// One run at a time writes a dataset.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "cluster/types.hpp"

namespace shardmill {

class HeartbeatLock;

// Holds flock(2) on DATASET/lock until it goes out of scope or the process dies, however it dies.
// Where the file system has no such locks (ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL), DATASET/lock.held
// is a HeartbeatLock: a process that was killed keeps it for SHARDMILL_LOCK_SECONDS. The file
// `lock` stays and names the holder: process, host, since when. Rank 0 only. Move-only.
// A rank 0 that was killed may leave others that write until they notice: who takes the lock waits
// for their RankLocks, as long as for a killed process' HeartbeatLock; then LockedError.
class DatasetLock {
 public:
  // Creates the dataset's folder. Waits so many seconds for who has the lock; then LockedError
  // names it. ResourceError names the path that cannot be locked.
  explicit DatasetLock(const std::filesystem::path& dataset, u64 seconds = 0);
  // Nothing when another has it for so long.
  static std::optional<DatasetLock> try_for(const std::filesystem::path& dataset, u64 seconds);
  DatasetLock(DatasetLock&& other) noexcept;
  DatasetLock& operator=(DatasetLock&& other) noexcept;
  ~DatasetLock();

 private:
  explicit DatasetLock(int descriptor);
  bool take(const std::filesystem::path& dataset, const std::string& holder);

  int descriptor_ = -1;
  std::unique_ptr<HeartbeatLock> heartbeat_;
};

// Held by the other ranks of a run that has the dataset: a shared flock(2) on DATASET/lock.ranks;
// nothing where the file system has no such locks. Move-only. ResourceError names the path that
// cannot be locked.
class RankLock {
 public:
  explicit RankLock(const std::filesystem::path& dataset);
  RankLock(RankLock&& other) noexcept;
  RankLock& operator=(RankLock&& other) noexcept;
  ~RankLock();

 private:
  int descriptor_ = -1;
};

}  // namespace shardmill

// One run at a time writes a dataset.
#pragma once

#include <filesystem>
#include <optional>

#include "cluster/types.hpp"

namespace shardmill {

// Holds flock(2) on DATASET/lock until it goes out of scope or the process dies, however it dies.
// The file stays and names the holder: process, host, since when. Rank 0 only. Move-only.
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
  explicit DatasetLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace shardmill

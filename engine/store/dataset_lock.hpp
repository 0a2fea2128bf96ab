// One run at a time writes a dataset.
#pragma once

#include <filesystem>

namespace shardmill {

// Holds flock(2) on DATASET/lock until it goes out of scope or the process dies, however it dies.
// The file stays and names the holder: process, host, since when. Rank 0 only. Move-only.
class DatasetLock {
 public:
  // Never waits. Creates the dataset's folder. LockedError names the run that has the lock,
  // ResourceError the path that cannot be locked.
  explicit DatasetLock(const std::filesystem::path& dataset);
  DatasetLock(DatasetLock&& other) noexcept;
  DatasetLock& operator=(DatasetLock&& other) noexcept;
  ~DatasetLock();

 private:
  explicit DatasetLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace shardmill

// A rank's own folder for run files: made at start, removed at the end, swept when left behind.
#pragma once

#include <filesystem>

#include "cluster/types.hpp"

namespace shardmill {

// BASE/shardmill-<uid>-<pid>-<rank>, held by an flock on BASE/shardmill-<uid>-<pid>-<rank>.lock as
// long as this object lives. Making one sweeps folders of the same user whose lock nobody holds:
// a killed run leaves its folder but not its lock. Throws ResourceError when BASE is not writable.
class ScratchFolder {
 public:
  ScratchFolder(const std::filesystem::path& base, Rank rank);
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::filesystem::path lock_path_;
  int lock_ = -1;
};

}  // namespace shardmill

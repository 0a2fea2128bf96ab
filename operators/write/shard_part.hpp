// A published file on its way: under its first name until it is whole and durable.
#pragma once

#include <filesystem>
#include <string>

#include "cluster/types.hpp"

namespace shardmill {

// One thread.
class ShardPart {
 public:
  // Makes the folder. Nothing is there under `path` itself before commit().
  explicit ShardPart(std::filesystem::path path);
  ShardPart(const ShardPart&) = delete;
  ShardPart& operator=(const ShardPart&) = delete;
  // Removes what was not committed.
  ~ShardPart();

  // Where to write: `path` and ".part", so that a name ending in .h5 is always a whole file.
  [[nodiscard]] const std::filesystem::path& path() const { return part_; }

  struct Whole {
    u64 bytes = 0;
    std::string sha256;
  };
  // Of a file that is closed. ResourceError: the disk. InternalError: it is committed already.
  Whole commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path part_;
  bool committed_ = false;
};

}  // namespace shardmill

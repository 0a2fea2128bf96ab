#include "operators/write/shard_part.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/store/file.hpp"
#include "engine/store/sha256.hpp"

namespace shardmill {

ShardPart::ShardPart(std::filesystem::path path) : path_(std::move(path)), part_(path_) {
  part_ += ".part";
  if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path());
}

ShardPart::~ShardPart() {
  if (!committed_) ::unlink(part_.c_str());
}

ShardPart::Whole ShardPart::commit() {
  if (committed_) throw InternalError(path_.string() + " is closed twice");
  File file = File::open_read(part_);
  Whole whole{file.size(), {}};
  file.start_writeback();  // the disk works while we hash from the page cache
  whole.sha256 = sha256_of_file(part_);
  file.sync();
  file.close();
  if (::rename(part_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    throw ResourceError(path_.string() + ": cannot rename to it: " + std::strerror(error));
  }
  committed_ = true;
  fsync_directory(path_.has_parent_path() ? path_.parent_path() : std::filesystem::path("."));
  return whole;
}

}  // namespace shardmill

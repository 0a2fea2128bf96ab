// What a rank's files on scratch take, and may take.
#pragma once

#include <algorithm>
#include <filesystem>

#include "cluster/error.hpp"
#include "cluster/types.hpp"

namespace shardmill {

struct ScratchSpace {
  std::filesystem::path folder;  // this rank's own, disposable
  u64 limit = UINT64_MAX;        // of `held`: --scratch-limit
  u64 held = 0;                  // bytes in files now, to a disk block for each run given back
  u64 most = 0;                  // of `held` so far
  u64 written = 0;               // ever

  // Before `file` grows. Throws ResourceError when the limit does not allow it.
  void take(u64 bytes, const std::filesystem::path& file) {
    if (bytes > limit - std::min(held, limit)) {
      throw ResourceError(file.string() + " needs " + std::to_string(bytes) +
                          " more bytes, and this rank's files on scratch hold " +
                          std::to_string(held) + " of the " + std::to_string(limit) +
                          " that --scratch-limit allows; give more, or more --memory");
    }
    held += bytes;
    most = std::max(most, held);
    written += bytes;
  }
  void give_back(u64 bytes) { held -= bytes; }
};

}  // namespace shardmill

// `gc --purge`: what is left of documents that were taken down, in old snapshots and in the store.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/store/snapshot.hpp"

namespace shardmill {

struct Purged {
  std::vector<u64> snapshots;  // removed, ascending
  u64 fragments = 0;           // files of the store that go; the next run reads their sources again
};

// With the dataset's lock. `list`: a file of ids, as `exclude` takes it. Snapshots that have one of
// them, or cannot be read, go, and everything of the store that does; also what dry runs and
// unfinished runs left. The newest must have none of them already: DataError otherwise, or when one
// that has them is current, tagged or being read, and then nothing is touched. A dry run touches
// nothing either.
[[nodiscard]] Purged purge(Snapshots& snapshots, const std::string& list, bool dry_run);

}  // namespace shardmill

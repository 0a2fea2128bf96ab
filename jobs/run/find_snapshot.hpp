// How people name a snapshot, in commands and in `against`.
#pragma once

#include <filesystem>
#include <string>

namespace shardmill {

// The folder of the snapshot that `named` means: a dataset directory (its `current` snapshot),
// DIR@N (snapshot N of the dataset DIR), DIR@TAG (the one with this tag) or the folder of a
// snapshot itself. A directory that is there goes before what its name could mean. DataError when
// it is none of these, saying what was expected and what there is.
[[nodiscard]] std::filesystem::path find_snapshot(const std::string& named);

}  // namespace shardmill

// How long a run will take, judged by the one that made the current snapshot.
#pragma once

#include <filesystem>
#include <optional>

#include "cluster/types.hpp"

namespace shardmill {

struct LastRun {
  u64 ranks = 0;
  double seconds = 0;
  double read_seconds = 0;  // of these, in the read pass
  u64 bytes = 0;            // of all input files, as they lie on disk
  u64 bytes_read = 0;       // of these, read by that run; the others were in the store
};

// From run.json and manifest.json of the current snapshot; nothing when there is none. DataError
// when they cannot be understood.
[[nodiscard]] std::optional<LastRun> last_run(const std::filesystem::path& output);

// Seconds for a run of `ranks` that has `bytes` of input and reads `to_read` of them: each rank as
// fast as in the last run, work shared evenly. Nothing when something is to be read and the last
// run read nothing.
[[nodiscard]] std::optional<double> expected_seconds(const LastRun& last, u64 bytes, u64 to_read,
                                                     u64 ranks);

}  // namespace shardmill

// What has to be there before anything is read.
#pragma once

#include <filesystem>

#include "cluster/cluster.hpp"
#include "jobs/run/pipeline.hpp"

namespace shardmill {

// Collective. Looks at what the steps read beside the input, has each make what it looks things up
// in, and sets aside the memory for that and for the longest records: better missed now than after
// hours of reading. `on_machine`: ranks that share this machine. Returns the files of the store
// that steps look things up in. Throws DataError for a table that is missing, ConfigError with the
// sum when the memory is too small.
std::vector<std::filesystem::path> prepare_steps(const Job& job, Pipeline& pipeline,
                                                 const std::filesystem::path& store, u32 on_machine,
                                                 Cluster& cluster);

}  // namespace shardmill

// Whether published shards are still what their manifest says.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "cluster/cluster.hpp"
#include "jobs/run/manifest.hpp"

namespace shardmill {

// Collective: the shards of `snapshot` that are missing or have another size, or, when looked at
// `closely`, other bytes. Known to all ranks; a rank looks at its share of the files.
[[nodiscard]] std::set<std::string> damaged_shards(Cluster& cluster, const Manifest& manifest,
                                                   const std::filesystem::path& snapshot,
                                                   bool closely);

}  // namespace shardmill

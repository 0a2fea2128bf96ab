// How much memory this node lets the whole job use.
#pragma once

#include <filesystem>

#include "cluster/environment.hpp"
#include "cluster/types.hpp"

namespace shardmill {

// The least of: Slurm's limit (SLURM_MEM_PER_NODE, or SLURM_MEM_PER_CPU times the CPUs on this
// node; both in MiB), the limits of this process's control group and its parents (version 2 and 1),
// and physical memory. `root` is where /proc and /sys are looked for (tests bring their own).
// Throws ResourceError when none of them can be read.
[[nodiscard]] Bytes node_memory(const Environment& environment,
                                const std::filesystem::path& root = "/");

}  // namespace shardmill

// The command `doctor`: whether the machines that a run would use are what it needs.
#pragma once

#include "cluster/cluster.hpp"
#include "cluster/topology.hpp"
#include "jobs/command/arguments.hpp"

namespace shardmill {

// Collective. Looks at the ranks' machines, at DIR (a dataset's folder, made when it is not there)
// and at --scratch; writes 64 MiB in each and sends 64 MiB a rank, and leaves nothing behind. Rank
// 0 prints a line for each thing: ok, slow or wrong, and what to do. Returns the exit code: 1 when
// something is wrong. ResourceError when DIR cannot be written at all.
int examine(const Arguments& arguments, Cluster& cluster, const Topology& topology);

}  // namespace shardmill

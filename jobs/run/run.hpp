// `shardmill run`: one job, from input files to a published snapshot.
#pragma once

#include <string>

#include "cluster/cluster.hpp"
#include "cluster/topology.hpp"
#include "jobs/command/arguments.hpp"

namespace shardmill {

// Collective. Read pass, resolve, write pass, publication; what the store and the staging folder
// already have is not done again. Returns the exit code; errors are agreed where all can know.
int run_job(const Arguments& arguments, Cluster& cluster, const Topology& topology);

}  // namespace shardmill

// From every rank's counters to the report of what moved.
#pragma once

#include "cluster/cluster.hpp"
#include "jobs/report/movement.hpp"

namespace shardmill {

// Collective; every rank has the result.
[[nodiscard]] Movement gather_movement(Cluster& cluster);

}  // namespace shardmill

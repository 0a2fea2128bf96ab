// The memory of one intermediate sequence inside an algorithm.
#pragma once

#include "cluster/cluster.hpp"

namespace shardmill {

// An eighth of the budget, or what is left of it; at most four are held at a time.
[[nodiscard]] inline Lease algorithm_lease(Cluster& cluster, const std::string& name) {
  return cluster.budget.lease(name, 0.125, 1_MiB);
}

}  // namespace shardmill

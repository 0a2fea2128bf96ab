// The memory of one intermediate sequence inside an algorithm.
#pragma once

#include "cluster/cluster.hpp"

namespace shardmill {

// Of `held` at a time: each an equal part of half of the budget, or what is left of it.
[[nodiscard]] inline Lease algorithm_lease(Cluster& cluster, const std::string& name,
                                           u32 held = 4) {
  return cluster.budget.lease(name, 0.5 / held, 1_MiB);
}

}  // namespace shardmill

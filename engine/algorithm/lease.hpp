// The memory of one intermediate sequence inside an algorithm.
#pragma once

#include "cluster/cluster.hpp"

namespace shardmill {

// At most its share of half of the budget, of so many as are held at a time.
[[nodiscard]] inline Lease algorithm_lease(Cluster& cluster, const std::string& name,
                                           u32 held = 4) {
  return cluster.budget.lease(name, 0.5 / held, 1_MiB);
}

}  // namespace shardmill

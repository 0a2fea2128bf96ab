// What the steps that search among vectors say of their recall.
#pragma once

#include <vector>

#include "jobs/report/report.hpp"
#include "jobs/run/decided.hpp"

namespace shardmill {

// Collective, the same on every rank; in the order of the steps. Those that had nothing to find are
// left out.
[[nodiscard]] std::vector<SearchRecall> search_recalls(Cluster& cluster, const Decided& decided);

}  // namespace shardmill

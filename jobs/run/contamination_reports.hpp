// What the decontaminate steps of a run say of their searches.
#pragma once

#include <vector>

#include "jobs/report/contamination_report.hpp"
#include "jobs/run/decided.hpp"

namespace shardmill {

// Collective: the same on every rank.
[[nodiscard]] std::vector<ContaminationReport> contamination_reports(Cluster& cluster,
                                                                     const Decided& decided);

}  // namespace shardmill

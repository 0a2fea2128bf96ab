// Orders of steps that a job may have and hardly means.
#pragma once

#include <string>
#include <vector>

#include "jobs/run/pipeline.hpp"

namespace shardmill {

// One sentence for each step that may drop a document for whose sake a dedup step has dropped
// others. Not for one that cuts texts: it has to come behind them.
[[nodiscard]] std::vector<std::string> order_warnings(const Pipeline& pipeline);

}  // namespace shardmill

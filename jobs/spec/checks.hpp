// The section `checks` of a job file.
#pragma once

#include <vector>

#include "jobs/spec/job.hpp"
#include "jobs/spec/node.hpp"

namespace shardmill {

// Reads a list of checks, each the name of one and its settings. `job`: with its sources and steps.
// ConfigError with the position, also for a source, step or split that the job has not, for a name
// that two checks have, and for a rate of what no step finds.
[[nodiscard]] std::vector<CheckSpec> read_checks(const Node& checks, const Job& job,
                                                 const std::string& folder);

}  // namespace shardmill

// Which settings differ between two jobs.
#pragma once

#include <string>
#include <vector>

#include "jobs/spec/job.hpp"

namespace shardmill {

struct JobChange {
  std::string setting;  // as --set names it: "steps.dedup.minhash.threshold", "sources.web"
  std::string before;   // for people; "-" where there was nothing
  std::string now;
};

// In the order of the second job, then what only the first has. Settings that the run does not act
// on differently (where they are written, a default written out) are no change.
[[nodiscard]] std::vector<JobChange> job_changes(const Job& before, const Job& now);

}  // namespace shardmill

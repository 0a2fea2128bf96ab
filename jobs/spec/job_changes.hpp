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

// The same since a snapshot whose manifest has this job file and these values of --set. Paths are
// compared as if that job file lay where this one does. Throws ConfigError when it is none of this
// version.
[[nodiscard]] std::vector<JobChange> job_changes(const std::string& text,
                                                 const std::vector<std::string>& overrides,
                                                 const Job& now);

}  // namespace shardmill

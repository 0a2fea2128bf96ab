// Whether a new snapshot is what its job's checks ask for.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "jobs/checks/column_profile.hpp"
#include "jobs/report/check_report.hpp"
#include "jobs/run/manifest.hpp"
#include "jobs/spec/job.hpp"

namespace shardmill {

// All that a check may look at.
struct CheckFacts {
  const Job& job;
  const Manifest& now;
  const Manifest* before = nullptr;  // of the snapshot before; none
  u64 contaminated = 0;              // see RunCounts
  const ColumnProfiles& columns;
  const ColumnProfiles& columns_before;
  const std::map<std::string, u64>& distinct;  // values, by column
};

// Of each check of the job, in order; then `source_loss:NAME` of each source that has less than a
// tenth of the documents it had in the snapshot before, read or kept: a warning that nobody needs
// to ask for.
[[nodiscard]] std::vector<CheckReport> evaluate_checks(const CheckFacts& facts);

}  // namespace shardmill

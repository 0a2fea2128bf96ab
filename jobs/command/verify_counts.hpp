// Counters of the manifest beside those that `verify` has found.
#pragma once

#include <map>
#include <string>

#include "jobs/command/verify_findings.hpp"

namespace shardmill {

using Counts = std::map<std::string, u64>;
using GroupedCounts = std::map<std::string, Counts>;

// "NAME: COUNTER" -> number.
[[nodiscard]] Counts flat(const GroupedCounts& counts);

// Differences of two sets of counters; a counter of zero is as good as none.
void expect_counts(const std::string& what, const Counts& stated, const Counts& found,
                   VerifyFindings& findings);

}  // namespace shardmill

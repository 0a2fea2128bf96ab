#include "jobs/command/verify_counts.hpp"

namespace shardmill {

Counts flat(const GroupedCounts& counts) {
  Counts flattened;
  for (const auto& [group, counters] : counts) {
    for (const auto& [name, n] : counters) flattened[group + ": " + name] = n;
  }
  return flattened;
}

void expect_counts(const std::string& what, const Counts& stated, const Counts& found,
                   VerifyFindings& findings) {
  std::map<std::string, std::pair<u64, u64>> both;
  for (const auto& [name, n] : stated) both[name].first = n;
  for (const auto& [name, n] : found) both[name].second = n;
  for (const auto& [name, n] : both) {
    findings.expect("manifest.json", what + " " + name, n.first, n.second);
  }
}

}  // namespace shardmill

// The gate between a staged snapshot and its publication: `checks` of the job file.
#pragma once

#include <filesystem>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/observe/observer.hpp"
#include "jobs/report/check_report.hpp"
#include "jobs/run/manifest.hpp"
#include "jobs/run/publish.hpp"

namespace shardmill {

// Collective. Looks at the shards of `now` (on rank 0) in the staging folder, at what the run
// counted and at the snapshot before, if there is one; writes profile.json into the folder and says
// what has failed in the log. On every rank what column checks read is kept in the store, whose
// files it adds to context.used. The reports are on rank 0.
[[nodiscard]] std::vector<CheckReport> run_checks(Cluster& cluster, const PublishContext& context,
                                                  const RunCounts& counts, const Manifest& now,
                                                  const std::filesystem::path& staging,
                                                  const Manifest* before,
                                                  const std::filesystem::path& before_folder,
                                                  Observer& observer);

// checks.json. `despite`: published whatever they say.
[[nodiscard]] std::string checks_json(const Manifest& now, const std::vector<CheckReport>& checks,
                                      bool despite);

// Name, level and outcome of each check in the checks.json of a snapshot; none when it has no such
// file. DataError.
[[nodiscard]] std::vector<CheckReport> checks_of(const std::filesystem::path& snapshot);

// What keeps the snapshot from being published, for a GateError; empty: nothing.
[[nodiscard]] std::string refusal(const std::vector<CheckReport>& checks,
                                  const std::filesystem::path& staging);

}  // namespace shardmill

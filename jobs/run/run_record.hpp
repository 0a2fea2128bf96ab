// run.json and what a run says at its end: times, ranks and memory, outside the promise of same
// bytes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/observe/observer.hpp"
#include "jobs/report/check_report.hpp"
#include "jobs/report/movement.hpp"
#include "jobs/run/manifest.hpp"
#include "jobs/run/publish.hpp"

namespace shardmill {

struct StageTime {
  std::string name;
  double seconds = 0;                   // of the slowest rank
  std::map<std::string, u64> counters;  // sums over ranks
};

struct RunRecord {
  std::vector<StageTime> stages;
  double seconds = 0;
  u32 ranks = 0;
  std::vector<std::string> hosts;
  u64 memory_budget = 0;          // bytes per rank
  std::vector<u64> peak_memory;   // bytes, by rank
  std::vector<u64> peak_scratch;  // bytes held at once, by rank
  u64 text_bytes_read = 0;        // in this run
  RunCounts counts;
  Movement movement;
  Warnings warnings;
  // On rank 0 only:
  std::vector<CheckReport> checks;
  std::optional<Manifest> parent;  // of the snapshot before

  // Whether a check keeps the snapshot from being published.
  [[nodiscard]] bool is_refused(const PublishContext& context) const;
};

// Collective: what all ranks have been warned of so far.
[[nodiscard]] Warnings gather_warnings(Communicator& control, const Observer& observer);

// Collective.
[[nodiscard]] RunRecord make_run_record(Cluster& cluster, const PublishContext& context,
                                        const RunCounts& counts, Observer& observer);

// Rank 0 only from here on. Writes run.json, checks.json, report.txt and report.html of the
// snapshot that will be published from `folder`, a staging folder, to its place in the dataset, or
// is refused.
void write_run_files(const std::filesystem::path& folder, const PublishContext& context,
                     const Manifest& manifest, const RunRecord& record);
// What a run says at its end: some lines on stderr and, with --json, an object on stdout.
void show_published(const Snapshots& snapshots, const PublishContext& context,
                    const Manifest& manifest, const RunRecord& record);
void show_refused(const std::filesystem::path& folder, const Snapshots& snapshots,
                  const PublishContext& context, const Manifest& manifest, const RunRecord& record);
// `restored`: `current` was not there and has been made to lead to this snapshot.
void show_nothing_changed(const Snapshots& snapshots, const PublishContext& context,
                          const Manifest& manifest, const RunRecord& record, bool restored);
// Prints the report on stdout (unless --json) and writes it to <output>/dry-run/, report.txt and
// report.html.
void show_dry_run(const PublishContext& context, const RunCounts& counts, const ShardPlan& plan,
                  const RunRecord& record);

}  // namespace shardmill

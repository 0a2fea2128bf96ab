// The write pass and what makes its shards a published snapshot.
#pragma once

#include "cluster/topology.hpp"
#include "engine/observe/observer.hpp"
#include "engine/store/snapshot.hpp"
#include "jobs/run/input_summary.hpp"
#include "jobs/run/published_rows.hpp"
#include "jobs/run/side_files.hpp"

namespace shardmill {

struct PublishContext {
  const Job& job;
  const Catalog& catalog;
  const ReadPlan& plan;
  const InputSummary& summary;  // filled on rank 0
  const Topology& topology;
  bool dry_run = false;
  ReadDone fragments;  // in this run; the others were in the store
  u64 steps_computed = 0;
  bool limited = false;  // only the first documents are there: less than was read
  bool fresh = false;    // published shards are not trusted without reading them
  bool json = false;     // say on stdout what the run has made
  bool allow_empty = false;
  bool despite_checks = false;               // what fails is only told
  std::filesystem::path profiles;            // of columns, in the store
  std::vector<std::filesystem::path>& used;  // of the store
  std::vector<SideFile> side_files;          // as they were when the run began; on rank 0
};

// Collective. Writes the shards that neither the staging folder nor the last snapshot has, then the
// manifest, run.json and the report, and publishes; a run that changes nothing publishes nothing,
// unless a shard of the last snapshot is damaged. GateError when nothing is left of a dataset that
// had documents, unless `allow_empty`, and when one of the job's checks fails, unless
// `despite_checks`: the staging folder then has all of it, for a look and for the next run. A dry
// run only prints and writes the report. Returns the
// exit code.
int publish(Cluster& cluster, const PublishContext& context, const PublishedRows& rows,
            Snapshots& snapshots, u64 number, Observer& observer);

}  // namespace shardmill

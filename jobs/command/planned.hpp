// A planned run: what `plan` shows, as data.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jobs/run/memory_floor.hpp"
#include "jobs/run/pipeline.hpp"
#include "jobs/spec/job.hpp"
#include "jobs/spec/job_changes.hpp"

namespace shardmill {

// Files of a source that are not as the catalogue has them.
struct PlannedFiles {
  u64 count = 0;
  std::vector<std::string> first;  // their names below the source, a few; none before the first run
};

struct PlannedSource {
  std::string name;
  std::string format;
  u64 files = 0;
  u64 bytes = 0;  // as they lie on disk
  // Against the catalogue; all are new before the first run.
  PlannedFiles added = {};
  PlannedFiles changed = {};
  PlannedFiles vanished = {};
  Schema first_types = {};  // of csv, tsv and hdf5: of the first file's first records
};

struct RecallPoint {
  double similarity = 0;  // Jaccard
  double recall = 0;      // expected share of such pairs that are found
};

struct PlannedStep {
  const StepSpec* spec = nullptr;
  // What it does in each phase; empty: nothing.
  std::string read;
  std::string resolve;
  std::string write;
  u64 sketch_bytes = 0;   // of one document
  bool compares = false;  // has something to resolve on sketches
  // Resolved already: the run takes it from the store. Unknown with `against`: that depends on what
  // the other datasets are then.
  std::optional<bool> stored = false;
  std::vector<RecallPoint> recalls;  // around the threshold, ascending
};

struct Planned {
  const Job& job;
  std::optional<u64> snapshot;          // published now
  std::optional<u64> newest = {};       // made last, what a run goes on from
  std::vector<JobChange> changes = {};  // of the job since then
  std::vector<PlannedSource> sources;
  std::vector<PlannedStep> steps;
  u64 fragments = 0;
  u64 fragments_stored = 0;    // those need not be read again
  u64 fragments_sketched = 0;  // of these, the ones that steps look at again
  u64 bytes = 0;
  u64 bytes_stored = 0;
  u64 documents = 0;             // estimated where not known
  bool documents_known = false;  // every fragment is in the store
  u32 ranks = 1;
  u64 memory = 0;                   // per rank
  bool memory_given = false;        // with --memory
  u64 smallest_memory = 0;          // that a run accepts, per rank
  std::vector<NamedBytes> floors;   // per rank; smallest_memory is their sum
  std::vector<NamedBytes> scratch;  // over all ranks, at most
  std::vector<std::string> warnings;
};

struct PlanWishes {
  u32 ranks = 1;
  std::optional<Bytes> memory;
  u32 ranks_per_node = 0;  // 0: all on one machine, where the launcher puts them
};

// Reads the catalogue, lists the sources and looks into the store; writes nothing. `job` outlives
// the result.
[[nodiscard]] Planned plan_run(const Job& job, const PlanWishes& wishes);

[[nodiscard]] std::string plan_text(const Planned& plan);
[[nodiscard]] std::string plan_json(const Planned& plan);

}  // namespace shardmill

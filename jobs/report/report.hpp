// The report of a run: numbers only. Text, HTML and JSON are made from it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jobs/report/check_report.hpp"
#include "jobs/report/contamination_report.hpp"
#include "jobs/report/movement.hpp"
#include "jobs/report/statistics.hpp"

namespace shardmill {

struct StepReport {
  std::string label;
  bool drops = false;                  // may drop documents at all
  std::map<std::string, u64> reasons;  // reason -> documents that it dropped
  u64 dropped_bytes = 0;
  u64 changed = 0;        // documents whose text it changed
  u64 cut_bytes = 0;      // of texts, that it cut out
  std::string threshold;  // of near-duplicates, as "0.8"; empty for other steps
  [[nodiscard]] u64 dropped() const;
};

struct SourceReport {
  std::string name;
  u64 documents = 0;
  u64 kept = 0;
  u64 quarantined = 0;
  std::map<std::string, u64> dropped;  // step label -> documents
  u64 tokens = 0;                      // of the kept documents, those that end documents included
  u64 text_bytes = 0;                  // the same; both 0 without tokenize
  // Of text; 0 without tokens.
  [[nodiscard]] double bytes_per_token() const;
  [[nodiscard]] u64 removed() const { return documents - kept; }
  // Share of its documents that are gone, in [0, 1]; 0 for a source without documents.
  [[nodiscard]] double share_removed() const;
  // Whether it lost more than nine documents of ten: often a mistake in the job.
  [[nodiscard]] bool alarming() const { return removed() * 10 > documents * 9; }
};

// The files of one folder of the snapshot: "text/train", "ledger", "clusters".
struct ShardsReport {
  std::string folder;
  u64 files = 0;
  u64 documents = 0;  // rows
  u64 bytes = 0;      // of the files; of the rows in a dry run
};

// How much a search among vectors found, measured on a sample against all of them.
struct SearchRecall {
  std::string label;  // of the step
  u64 documents = 0;  // of the sample
  u64 of = 0;         // neighbours, or pairs, that they have
  u64 found = 0;
};

struct StageReport {
  std::string name;
  double seconds = 0;  // of the slowest rank
};

// What a run was warned of: the first, and how many there were.
struct Warnings {
  std::vector<std::string> first;
  u64 count = 0;
};

// What the snapshot before had.
struct ParentReport {
  u64 documents_in = 0;
  u64 documents_kept = 0;
  u64 files_shared = 0;  // shards, with the same bytes
};

struct Report {
  std::string version;  // of the program
  std::string dataset;
  std::string location;  // of the snapshot; of the dataset in a dry run
  bool dry_run = false;
  u64 snapshot = 0;  // 0 in a dry run
  std::optional<u64> parent;
  std::optional<ParentReport> before;  // of a snapshot with a parent
  u64 input_files = 0;
  u64 input_bytes = 0;  // as the files lie on disk

  u64 documents_in = 0;
  u64 documents_kept = 0;
  u64 quarantined = 0;
  u64 failed_files = 0;  // tolerated: they give no documents
  u64 duplicate_ids = 0;
  std::map<std::string, u64> exclude;  // as RunCounts; empty without the step
  std::vector<StepReport> steps;       // of the job, in order
  std::vector<SourceReport> sources;   // of the job, in order
  std::vector<std::pair<std::string, u64>> splits;
  std::map<std::string, u64> tokens;                          // by split; empty without tokenize
  std::map<std::string, std::map<std::string, u64>> mixture;  // as RunCounts; empty without weights
  // Of a split by columns: groups of two or more, documents in them, most kept ones of one group.
  std::map<std::string, u64> lineage;
  Statistics statistics;
  std::vector<ContaminationReport> contamination;  // of steps, in order
  std::vector<SearchRecall> recalls;               // the same
  std::vector<CheckReport> checks;
  bool refused = false;  // not published: a check failed
  Warnings warnings;     // of the run; not those of checks

  std::vector<StageReport> stages;
  double seconds = 0;
  u32 ranks = 0;
  std::vector<std::string> hosts;  // of each rank
  u64 memory_budget = 0;           // bytes per rank
  std::vector<u64> peak_memory;    // bytes, by rank
  u64 text_bytes_read = 0;         // in this run
  u64 fragments = 0;
  u64 fragments_read = 0;      // in this run; the others were in the store
  u64 fragments_sketched = 0;  // of the others, those that steps looked at again
  u64 steps_computed = 0;
  Movement movement;
  std::vector<ShardsReport> shards;
  std::string logical_digest;  // empty in a dry run

  [[nodiscard]] u64 dropped() const;
  // Bytes of documents (id, source, text, other fields; after row steps).
  [[nodiscard]] u64 bytes_in() const;
  [[nodiscard]] u64 bytes_kept() const;
  // Text bytes read per second of the stage `read`, over all ranks; 0 when nothing was read.
  [[nodiscard]] double read_rate() const;
};

// What changed since the snapshot before, as a sentence; empty where there is none.
[[nodiscard]] std::string since_parent(const Report& report);
// How many of the ids that `exclude` lists are of no document; empty when none are.
[[nodiscard]] std::string ids_not_found(const Report& report);

// What is left after a step that may drop documents.
struct FunnelRow {
  std::string label;  // "in", a step's label, "kept"
  u64 documents = 0;
  u64 bytes = 0;
  u64 dropped = 0;  // by this step
  u64 dropped_bytes = 0;
};

// From "in" over every dropping step to "kept". InternalError when the steps do not lead from one
// to the other: nothing is lost silently, not in a report either.
[[nodiscard]] std::vector<FunnelRow> funnel(const Report& report);

// The sources in the job's order; of more than `most`, those with most documents first and, last,
// the sum of the others under a name that says how many they are.
[[nodiscard]] std::vector<SourceReport> largest_sources(const Report& report, std::size_t most);

// A similarity, in per cent, and how many near-duplicates have at least it to their witness.
struct ThresholdRow {
  u32 percent = 0;
  u64 documents = 0;
  bool below = false;  // below the job's own threshold: nothing was looked for there
};
// 50, 55 … 100 per cent; empty without near-duplicates.
[[nodiscard]] std::vector<ThresholdRow> thresholds(const Report& report);

// One JSON object, every number of the report (of at most 1000 sources); docs/formats.md lists the
// fields.
[[nodiscard]] std::string report_json(const Report& report);

}  // namespace shardmill

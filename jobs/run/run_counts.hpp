// How many documents went where.
#pragma once

#include <map>
#include <string>

#include "cluster/communicator.hpp"
#include "jobs/report/report.hpp"
#include "jobs/run/pipeline.hpp"

namespace shardmill {

// Over all ranks.
struct RunCounts {
  u64 documents_in = 0;
  u64 documents_kept = 0;
  u64 text_bytes_kept = 0;
  u64 duplicate_ids = 0;               // documents that share their id with an earlier one
  std::map<std::string, u64> exclude;  // ids that it "listed", of these "found"; empty without it
  u64 contaminated = 0;  // documents in which a step found a benchmark item, dropped or not
  std::map<std::string, std::map<std::string, u64>> dropped;  // step label -> reason -> documents
  std::map<std::string, u64> changed;                         // step label -> documents
  std::map<std::string, u64> cut_bytes;  // step label -> bytes of the texts that it cut out
  // step label -> "documents" that got columns of a table, "with_several_rows" -> how many
  std::map<std::string, std::map<std::string, u64>> joined;
  std::map<std::string, u64> splits;  // split -> documents kept
  std::map<std::string, u64> tokens;  // split -> tokens, those that end documents included
  // of the split that is weighted: value, or "other" -> "documents", "tokens" of them, and with
  // all copies "published_documents", "published_tokens"
  std::map<std::string, std::map<std::string, u64>> mixture;
  // source -> "tokens", "text_bytes" -> how many its kept documents have; empty without tokenize
  std::map<std::string, std::map<std::string, u64>> source_tokens;
  std::map<std::string, u64> lineage;  // of a split by columns, see LineageGroups; else empty
  // source -> fate ("in", "kept" or a step's label) -> documents
  std::map<std::string, std::map<std::string, u64>> by_source;
  Statistics statistics;
  std::vector<ContaminationReport> contamination;  // of steps, in order
  std::vector<SearchRecall> recalls;               // the same
};

// Counts of one rank by name; a name may have parts, separated by line feeds, which no name has.
class Tally {
 public:
  u64& operator[](const std::string& name) { return counts_[name]; }
  // Collective: every rank has the sums afterwards.
  void add_up(Communicator& control);
  // By the names that PublishedRows::Builder gives them (published_rows.cpp).
  [[nodiscard]] RunCounts counts(const Pipeline& pipeline) const;

 private:
  std::map<std::string, u64> counts_;
};

}  // namespace shardmill

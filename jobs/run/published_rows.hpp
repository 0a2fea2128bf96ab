// Every row of the next snapshot: documents, ledger and clusters, from what was decided.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "jobs/report/statistics.hpp"
#include "jobs/run/groups.hpp"
#include "jobs/run/pipeline.hpp"
#include "jobs/run/resolve.hpp"
#include "operators/write/shard_plan.hpp"
#include "operators/write/shard_shuffle.hpp"

namespace shardmill {

// Over all ranks.
struct RunCounts {
  u64 documents_in = 0;
  u64 documents_kept = 0;
  u64 text_bytes_kept = 0;
  u64 duplicate_ids = 0;  // documents that share their id with an earlier one
  std::map<std::string, std::map<std::string, u64>> dropped;  // step label -> reason -> documents
  std::map<std::string, u64> changed;                         // step label -> documents
  std::map<std::string, u64> splits;                          // split -> documents kept
  // source -> fate ("in", "kept" or a step's label) -> documents
  std::map<std::string, std::map<std::string, u64>> by_source;
  Statistics statistics;
};

// What the rows are made from; all of it outlives PublishedRows.
struct Decided {
  const Job& job;
  const Pipeline& pipeline;
  const Catalog& catalog;
  const Documents& documents;
  const Resolution& resolution;
  const Groups& groups;
  const Splits& splits;
  bool split_by_cluster = true;
};

class PublishedRows {
 public:
  // Collective. Goes through this rank's documents once: counts, heads of all rows, and the rows of
  // the small tables (ledger, clusters), which wait in memory or scratch.
  PublishedRows(Cluster& cluster, const Decided& decided);

  [[nodiscard]] const std::vector<TableSpec>& tables() const { return tables_; }
  [[nodiscard]] const Records<RowHead>& heads() const { return heads_; }
  [[nodiscard]] const RunCounts& counts() const { return counts_; }
  // Puts every row of this rank whose shard is to be written. Texts are read from the store here.
  void put_all(const ShardPlan& plan, ShardShuffle& shuffle) const;

 private:
  class Builder;
  void put_small_tables(const ShardPlan& plan, ShardShuffle& shuffle) const;
  void put_texts(const ShardPlan& plan, ShardShuffle& shuffle) const;

  Cluster& cluster_;
  const Decided decided_;
  std::vector<TableSpec> tables_;
  Records<RowHead> heads_;
  Rows small_rows_;
  RunCounts counts_;
};

}  // namespace shardmill

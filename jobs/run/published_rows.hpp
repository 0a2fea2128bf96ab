// Every row of the next snapshot: documents, their tokens, ledger and clusters, from what was
// decided.
#pragma once

#include <string>
#include <vector>

#include "jobs/run/decided.hpp"
#include "jobs/run/run_counts.hpp"
#include "jobs/run/token_weights.hpp"
#include "operators/write/shard_plan.hpp"
#include "operators/write/shard_shuffle.hpp"

namespace shardmill {

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
  void put_tokens(const ShardPlan& plan, ShardShuffle& shuffle) const;

  Cluster& cluster_;
  const Decided decided_;
  const TokenWeights weights_;
  std::vector<TableSpec> tables_;
  Records<RowHead> heads_;
  Rows small_rows_;
  RunCounts counts_;
};

}  // namespace shardmill

// What the side tables and shards of a dataset say about one id or key.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/batch/doc_key.hpp"
#include "jobs/command/dataset.hpp"
#include "jobs/command/placement.hpp"

namespace shardmill {

// A ledger row that outlives its shard.
struct FoundRow {
  std::string id;
  DocKey key;
  std::string source;
  std::string step;
  std::string fate;
  std::string reason;
  std::optional<std::string> witness;
  std::string witness_key;
  std::optional<std::pair<i64, i64>> score;
  std::string detector;  // of a benchmark item, with the span
  std::pair<i64, i64> span;
  std::string cluster;  // key of its first document, maybe this one; empty: excluded
  std::string group;    // the same by lineage; empty too in jobs without
  u32 epoch = 0;
  std::string json;
};

struct FoundCluster {
  std::string id;
  i64 size = 0;
  i64 kept = 0;
  std::string sources;  // JSON: {"web": 3, …}
};

// What a split by columns keeps together.
struct FoundGroup {
  std::string id;  // of its first document
  i64 size = 0;
  i64 kept = 0;
};

struct FoundPlace {
  std::string split;
  std::string shard;
  u64 row = 0;
};

// Everything that is known about the documents asked for.
class Explanation {
 public:
  // `asked`: an id or a key. Reads the ledger twice, for groups a third time, and the clusters
  // once; holds what it finds.
  Explanation(const Dataset& dataset, const std::string& asked);

  // The ledger's rows about them, those of one document together, kept or dropped first.
  [[nodiscard]] const std::vector<FoundRow>& rows() const { return rows_; }
  // nullptr when the document is alone.
  [[nodiscard]] const FoundCluster* cluster_of(const FoundRow& row) const {
    const auto found = clusters_.find(row.cluster);
    return found == clusters_.end() ? nullptr : &found->second;
  }
  // nullptr when lineage ties it to nothing.
  [[nodiscard]] const FoundGroup* group_of(const FoundRow& row) const {
    const auto found = groups_.find(row.group);
    return found == groups_.end() ? nullptr : &found->second;
  }
  // Where a kept document is; DataError when it is not where it should be.
  [[nodiscard]] FoundPlace find(const FoundRow& row) const;
  // The rows that name this document as their witness.
  [[nodiscard]] std::vector<const FoundRow*> absorbed_by(DocKey key) const;
  // What the step's setting says that the reason is named after: "50" of min_words; or empty.
  [[nodiscard]] std::string setting_of(const FoundRow& row) const;
  // The step that dropped the witness of this row; empty when nothing did.
  [[nodiscard]] std::string witness_dropped_by(const FoundRow& row) const;

 private:
  void search_groups();
  [[nodiscard]] std::string split_of(const FoundRow& row) const;

  const Dataset& dataset_;
  const Job job_;
  Placement placement_;
  std::vector<FoundRow> rows_;
  std::vector<FoundRow> same_ids_;  // kept, by key
  std::vector<FoundRow> absorbed_;
  std::map<std::string, FoundCluster> clusters_;
  std::map<std::string, FoundGroup> groups_;
  std::map<std::string, std::string> dropped_by_;  // of the witnesses that are gone: key -> step
};

}  // namespace shardmill

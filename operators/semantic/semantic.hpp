// dedup.semantic: near-duplicates by the cosine of the vectors in a column.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/plan/parameter.hpp"
#include "operators/dedup/keep_rule.hpp"
#include "operators/nearest/centroids.hpp"
#include "operators/nearest/recall_row.hpp"
#include "operators/semantic/centroid_order.hpp"
#include "operators/semantic/compare.hpp"
#include "operators/semantic/pair_recall.hpp"

namespace shardmill {

struct SemanticSettings {
  std::string label;
  std::string column;
  std::string name;  // of the table
  TrainingSettings training;
  ComparisonSettings comparison;
  bool components = false;             // drop all of a connected component but its best document
  bool chain = false;                  // drop also beside what is dropped
  std::optional<CentroidOrder> order;  // instead of `keep`
  std::vector<std::string> keep;
};

[[nodiscard]] SemanticSettings semantic_settings(const Settings& settings,
                                                 const std::string& label);

// A sketch is the unit vector of a document. Documents without a vector, or with one of zeros, are
// near-duplicates of nothing. As SemDeDup (Abbas et al. 2023), vectors are compared within clusters
// of k-means; who goes is decided as for dedup.minhash.
class SemanticDedup final : public GlobalOperator {
 public:
  explicit SemanticDedup(SemanticSettings settings);

  [[nodiscard]] std::vector<std::string> reasons() const override { return {"semantic_duplicate"}; }
  [[nodiscard]] std::size_t sketch_bytes() const override { return kSketchesDiffer; }
  [[nodiscard]] u64 memory_held() override { return FlatSearch::memory(); }
  [[nodiscard]] std::string sketch_settings() const override;
  [[nodiscard]] std::vector<std::string> columns_compared() const override {
    return {settings_.column};
  }
  // Throws DataError for a value that is no vector. Lengths are compared in resolve(), where all
  // documents are seen that the step is about: what is wrong must not depend on the ranks.
  void sketch(const Batch& batch, std::string& out) override;
  void resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) override;

  // One row: of the pairs that some documents have with all others, how many share a cluster.
  [[nodiscard]] std::vector<TableKey> made_tables() const override {
    return {RecallRow::table(settings_.name, "probes")};
  }

 private:
  [[nodiscard]] std::string place() const;
  void make_recall_table(Cluster& cluster, const PairRecall& recall, Findings& findings) const;

  SemanticSettings settings_;
  KeepRule keep_;
  std::vector<float> vector_;
  std::string sketch_;
};

}  // namespace shardmill

// group_by of a split: which documents lineage columns tie together.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/global_operator.hpp"

namespace shardmill {

// Its edges join the documents of one value: a star around the first at each rank, and one around
// the first of all over those. Drops nothing. Communication: 24 bytes for each value and rank that
// has it, so that a value of very many documents weighs no more than another. Memory: leases.
class LineageStep final : public GlobalOperator {
 public:
  // `label` names the step; `sources`: names by position, for the column `source`.
  LineageStep(std::string label, std::vector<std::string> columns,
              std::vector<std::string> sources);

  [[nodiscard]] std::vector<std::string> reasons() const override { return {}; }
  [[nodiscard]] std::size_t sketch_bytes() const override;
  [[nodiscard]] std::string sketch_settings() const override;
  [[nodiscard]] bool finds_lineage() const override { return true; }
  void sketch(const Batch& batch, std::string& out) override;
  void resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) override;

 private:
  std::string label_;
  std::vector<std::string> columns_;
  std::vector<std::string> sources_;
};

}  // namespace shardmill

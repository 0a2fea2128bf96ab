// dedup.exact: of documents with the same text, the best one stays.
#pragma once

#include "engine/plan/global_operator.hpp"
#include "operators/dedup/keep_rule.hpp"

namespace shardmill {

// Equal means equal XXH3-128 of the text bytes as they stand at this step. Communication: 32 bytes
// a document, once, plus 56 bytes a drop.
class ExactDedup final : public GlobalOperator {
 public:
  explicit ExactDedup(KeepRule keep) : keep_(std::move(keep)) {}

  [[nodiscard]] std::vector<std::string> reasons() const override { return {"exact_duplicate"}; }
  [[nodiscard]] std::size_t sketch_bytes() const override;
  [[nodiscard]] std::string sketch_settings() const override { return keep_.text(); }
  void sketch(const Batch& batch, std::string& out) override;
  void resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) override;

 private:
  KeepRule keep_;
};

}  // namespace shardmill

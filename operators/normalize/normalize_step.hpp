// The step `normalize` on batches.
#pragma once

#include "engine/plan/parameter.hpp"
#include "engine/plan/row_operator.hpp"
#include "operators/text/normalize.hpp"

namespace shardmill {

class NormalizeStep final : public RowOperator {
 public:
  explicit NormalizeStep(const Settings& settings);
  [[nodiscard]] bool changes_text() const override { return true; }
  void apply(Batch& batch, RowVerdicts& verdicts) override;

 private:
  NormalizeSettings settings_;
  std::string changed_;
};

}  // namespace shardmill

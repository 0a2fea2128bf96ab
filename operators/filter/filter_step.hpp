// The step `filter`: length limits and one comparison.
#pragma once

#include <optional>

#include "engine/plan/parameter.hpp"
#include "engine/plan/row_operator.hpp"
#include "operators/filter/comparison.hpp"
#include "operators/text/count.hpp"

namespace shardmill {

// Drops a document for the first limit it breaks, in the order of reasons(). Characters are code
// points; words are those of near-duplicate detection (word_scanner.hpp).
class FilterStep final : public RowOperator {
 public:
  // `sources`: names by position, for comparisons on `source`.
  FilterStep(const Settings& settings, std::vector<std::string> sources);
  [[nodiscard]] std::vector<std::string> reasons() const override;
  void apply(Batch& batch, RowVerdicts& verdicts) override;

 private:
  [[nodiscard]] std::optional<u32> broken(const Batch& batch, std::size_t row);
  [[nodiscard]] bool comparison_holds(const Batch& batch, std::size_t row) const;

  std::optional<u64> min_characters_, max_characters_, min_words_, max_words_;
  std::optional<Comparison> where_;
  std::vector<std::string> sources_;
  WordScanner scanner_;
};

}  // namespace shardmill

// Who of several duplicates stays: a total order over documents, best first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/batch/batch.hpp"

namespace shardmill {

// A declared priority: `source` (the job's order of sources), `longest`, `shortest` (code points of
// the text at this step), `newest:COLUMN` and `highest:COLUMN` (largest value first),
// `lowest:COLUMN`. Numbers come before strings (compared by their first 23 bytes), what is missing
// is worst; ties fall to the document read first.
class KeepRule {
 public:
  static constexpr std::size_t kCriterionBytes = 24;
  static constexpr std::size_t kMostCriteria = 3;

  // As written in the job file, checked before.
  explicit KeepRule(const std::vector<std::string>& criteria);

  // No criteria: the order of DocKeys, foreign ones first.
  [[nodiscard]] bool by_arrival() const { return criteria_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return criteria_.size() * kCriterionBytes; }
  // The same for the same rule and for no other.
  [[nodiscard]] const std::string& text() const { return text_; }
  // Appends bytes() bytes that compare (memcmp) like the priority: smaller is better.
  void append(const Batch& batch, std::size_t row, std::string& out) const;

 private:
  enum class What : u8 { source, longest, shortest, highest, lowest };
  struct Criterion {
    What what;
    std::string column;
  };
  std::vector<Criterion> criteria_;
  std::string text_;
};

}  // namespace shardmill

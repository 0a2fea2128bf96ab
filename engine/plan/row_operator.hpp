// A row operator looks at one document at a time, in the read pass, a batch at a time.
#pragma once

#include <string>
#include <vector>

#include "engine/batch/batch.hpp"

namespace shardmill {

// What a row operator decided about the documents of one batch.
class RowVerdicts {
 public:
  struct Drop {
    u32 row;
    u32 reason;  // position in RowOperator::reasons()
  };
  // Every row step sees every document, dropped before or not: the lowest step owns the drop.
  void drop(std::size_t row, u32 reason) { drops_.push_back({narrow<u32>(row), reason}); }
  // The text of a document is not what it was.
  void changed(std::size_t row) { changed_.push_back(narrow<u32>(row)); }

  [[nodiscard]] const std::vector<Drop>& drops() const { return drops_; }
  [[nodiscard]] const std::vector<u32>& changed() const { return changed_; }

 private:
  std::vector<Drop> drops_;
  std::vector<u32> changed_;
};

class RowOperator {
 public:
  virtual ~RowOperator() = default;
  // The reasons it may give for a drop, in the order of their numbers.
  [[nodiscard]] virtual std::vector<std::string> reasons() const { return {}; }
  // Whether apply() may change texts: earlier steps that verify on text then keep their own copy.
  [[nodiscard]] virtual bool changes_text() const { return false; }
  virtual void apply(Batch& batch, RowVerdicts& verdicts) = 0;
};

}  // namespace shardmill

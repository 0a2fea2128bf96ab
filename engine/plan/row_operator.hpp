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
  // Whether apply() may give documents other fields than they had.
  [[nodiscard]] virtual bool adds_fields() const { return false; }
  // Bytes that the operator holds from its first batch to the end, whatever the documents. May read
  // tables(): throws DataError.
  [[nodiscard]] virtual u64 memory_held() { return 0; }
  // Bytes that apply() adds to each document, where they are more than about what it has. May read
  // tables(): throws DataError.
  [[nodiscard]] virtual u64 bytes_added() { return 0; }
  // Files (absolute) that the operator reads beside the documents.
  [[nodiscard]] virtual std::vector<std::string> tables() const { return {}; }
  // The documents of a fragment have all been given to apply(), and are kept when this returns.
  virtual void end_fragment() {}
  virtual void apply(Batch& batch, RowVerdicts& verdicts) = 0;
};

}  // namespace shardmill

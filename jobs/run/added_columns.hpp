// Columns that global steps add to documents after these were read: joined ones. They are published
// and read by no step.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/run/documents.hpp"
#include "jobs/run/pipeline.hpp"

namespace shardmill {

// What one step adds to one document.
struct AddedValues {
  u32 step = 0;                                       // position in the pipeline
  u64 rows = 0;                                       // of the table that have its key
  std::vector<std::optional<std::string_view>> json;  // by added column of the step
};

class AddedColumns {
 public:
  // Collective. Brings a step's values to the homes of their documents. `kinds` of Findings.
  void add(Cluster& cluster, const Documents& documents, const Step& step, u32 number,
           const Rows& values, std::vector<u64> kinds);

  // The columns of documents together with the added ones; where both are called the same, a type
  // that holds both.
  [[nodiscard]] Schema merged_with(const Schema& own) const;
  struct Added {
    u32 number;  // position in the pipeline
    const Step* step;
    bool replaces;  // an added value takes the place of one that the document has
    std::vector<std::string> columns;
    std::vector<u64> kinds;  // by column, see Findings
    Rows values;             // sorted by document
  };
  // The steps that add any, in order.
  [[nodiscard]] const std::vector<Added>& steps() const { return steps_; }

  // Along documents in key order.
  class Walk {
   public:
    explicit Walk(const AddedColumns& columns);
    // What the steps add to this document, in step order; views live until the next call. Keys come
    // in ascending order.
    void at(DocKey key, std::vector<AddedValues>& added);

   private:
    const AddedColumns& columns_;
    std::vector<Rows::Cursor> cursors_;
    std::vector<const Row*> heads_;
  };

 private:
  std::vector<Added> steps_;
};

}  // namespace shardmill

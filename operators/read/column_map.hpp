// Which columns an input field fills.
//
// The mapped fields fill their columns. An unmapped field named `id` or `text` fills that column
// when nothing else is mapped to it; left over, `id`, `text` and `source` become `field.id` and so
// on; every other field keeps its name.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "operators/read/source.hpp"

namespace shardmill {

// A column while a record is looked at: which of the record's members fills it. The last one wins.
struct ColumnSlot {
  std::string name;
  u64 record = 0;                  // the record that touched it last, counted from 1
  std::size_t member = 0;          // position of the member in that record
  std::size_t field_plus_one = 0;  // place in Batch::fields, 0 while it has none
};

class ColumnMap {
 public:
  // An input field and what it fills; seldom more than one column.
  struct Entry {
    std::string field;
    std::vector<ColumnSlot*> columns;
  };

  explicit ColumnMap(const SourceSettings& source);
  // The field of the record's member number `member`. Records of a file mostly have the same
  // members in the same order, so the last record's entry is tried first.
  Entry& find(std::size_t member, std::string_view field) {
    if (member < order_.size() && order_[member]->field == field) return *order_[member];
    return look_up(member, field);
  }
  // Null in a table, whose rows have neither.
  [[nodiscard]] ColumnSlot* id() { return id_; }
  [[nodiscard]] ColumnSlot* text() { return text_; }
  // The batch was cleared: no column has a place in it. Forgets what it learnt of the input when
  // that was much, so that a file of ever new names does not fill the memory.
  void batch_cleared();

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  Entry& look_up(std::size_t member, std::string_view field);
  ColumnSlot* slot(std::string_view column);
  void start();

  const SourceSettings& source_;
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;     // by field
  std::unordered_map<std::string, ColumnSlot, Hash, std::equal_to<>> slots_;  // by column
  std::vector<Entry*> order_;  // of the last records' members
  ColumnSlot* id_ = nullptr;
  ColumnSlot* text_ = nullptr;
};

}  // namespace shardmill

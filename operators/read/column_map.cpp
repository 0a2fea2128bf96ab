#include "operators/read/column_map.hpp"

namespace shardmill {
namespace {

// More names than most tables have; below it nothing needs to be forgotten.
constexpr std::size_t kRememberedColumns = 4096;

}  // namespace

ColumnMap::ColumnMap(const SourceSettings& source) : source_(source) { start(); }

void ColumnMap::start() {
  order_.clear();
  entries_.clear();
  slots_.clear();
  id_ = source_.is_table ? nullptr : slot("id");
  text_ = source_.is_table ? nullptr : slot("text");
}

void ColumnMap::batch_cleared() {
  if (slots_.size() > kRememberedColumns || entries_.size() > kRememberedColumns) return start();
  for (auto& [name, column] : slots_) column.field_plus_one = 0;
}

ColumnSlot* ColumnMap::slot(std::string_view column) {
  const auto found = slots_.find(column);
  if (found != slots_.end()) return &found->second;
  ColumnSlot& fresh = slots_[std::string(column)];
  fresh.name = column;
  return &fresh;
}

ColumnMap::Entry& ColumnMap::look_up(std::size_t member, std::string_view field) {
  auto found = entries_.find(field);
  if (found == entries_.end()) {
    found = entries_.emplace(field, Entry{std::string(field), {}}).first;
    std::vector<ColumnSlot*>& columns = found->second.columns;
    if (!source_.id_field.empty() && field == source_.id_field) columns.push_back(id_);
    if (!source_.text_field.empty() && field == source_.text_field) columns.push_back(text_);
    for (const auto& [column, input] : source_.columns) {
      if (field == input) columns.push_back(slot(column));
    }
    if (source_.is_table) {
      columns.assign(1, slot(field));
    } else if (columns.empty()) {
      if (field == "id" && source_.id_field.empty()) {
        columns.push_back(id_);
      } else if (field == "text" && source_.text_field.empty()) {
        columns.push_back(text_);
      } else if (field == "id" || field == "text" || field == "source") {
        columns.push_back(slot("field." + std::string(field)));
      } else {
        columns.push_back(slot(field));
      }
    }
  }
  if (member < order_.size()) {
    order_[member] = &found->second;
  } else if (member == order_.size()) {
    order_.push_back(&found->second);
  }
  return found->second;
}

}  // namespace shardmill

#include "operators/nearest/recall_row.hpp"

#include <map>

#include "engine/batch/wire.hpp"
#include "operators/table/aggregate_step.hpp"

namespace shardmill {

void RecallRow::make_table(Cluster& cluster, const std::string& name, Findings& findings) const {
  const std::map<std::string, u64> values = {
      {"documents", documents}, {"found", found}, {key, value}, {"of", of}};
  Schema columns;
  for (const auto& [column, number] : values) columns.push_back({column, Type::int64});
  Rows& rows = findings.make_table(table(name, key).name, std::move(columns));
  if (!cluster.control.is_root()) return;
  std::string row;
  for (const auto& [column, number] : values) WireWriter(row).optional_text(std::to_string(number));
  rows.push(aggregate_row_id({std::to_string(value)}), row);
}

}  // namespace shardmill

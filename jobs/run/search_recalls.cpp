#include "jobs/run/search_recalls.hpp"

#include <algorithm>

#include "engine/batch/wire.hpp"

namespace shardmill {
namespace {

// The number in this column of the table's row, where a rank has it.
u64 number_in(const MadeTable& table, std::string_view column, std::string_view payload) {
  WireReader row(payload, "a row of a table of recall");
  for (const ColumnSpec& one : table.columns) {
    const auto value = row.optional_text();
    if (one.name == column && value) return std::stoull(std::string(*value));
  }
  throw InternalError("table " + table.name + " has no " + std::string(column));
}

}  // namespace

std::vector<SearchRecall> search_recalls(Cluster& cluster, const Decided& decided) {
  std::vector<SearchRecall> recalls;
  for (const Step& step : decided.pipeline.steps) {
    if (step.op != "nearest" && step.op != "dedup.semantic") continue;
    const std::string name = step.settings->text("name") + "_recall";
    const auto& made = decided.resolution.made;
    const auto table = std::find_if(made.begin(), made.end(),
                                    [&](const MadeTable& one) { return one.name == name; });
    if (table == made.end()) throw InternalError("no table " + name);
    std::vector<u64> sums(3);
    table->rows.for_each([&](std::string_view, std::string_view payload) {
      sums[0] += number_in(*table, "documents", payload);
      sums[1] += number_in(*table, "of", payload);
      sums[2] += number_in(*table, "found", payload);
    });
    sums = cluster.control.all_sum(sums);
    if (sums[1] > 0) recalls.push_back({step.label, sums[0], sums[1], sums[2]});
  }
  return recalls;
}

}  // namespace shardmill

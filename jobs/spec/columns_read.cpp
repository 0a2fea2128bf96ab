#include "jobs/spec/job.hpp"
#include "operators/filter/comparison.hpp"
#include "operators/table/aggregate_step.hpp"

namespace shardmill {

std::vector<std::pair<std::string, std::string>> columns_read(const StepSpec& step) {
  std::vector<std::pair<std::string, std::string>> columns;
  if (step.op == "filter" && step.settings.has("where")) {
    columns.emplace_back("where", Comparison::parse(step.settings.text("where")).column());
  }
  if (step.op == "dedup.semantic" || step.op == "nearest")
    columns.emplace_back("column", step.settings.text("column"));
  if (step.op.starts_with("dedup.")) {
    for (const std::string& criterion : step.settings.list("keep")) {
      const std::size_t colon = criterion.find(':');
      if (colon != std::string::npos) columns.emplace_back("keep", criterion.substr(colon + 1));
    }
  }
  if (step.op == "join") {
    for (const auto& [column, theirs] : step.settings.text_map("on")) {
      columns.emplace_back("on", column);
    }
  }
  if (step.op == "aggregate") {
    for (const std::string& column : step.settings.list("by")) columns.emplace_back("by", column);
    for (const auto& [name, text] : step.settings.text_map("values")) {
      const auto value = AggregateValue::parse(name, text);
      if (value && !value->column.empty()) columns.emplace_back("values", value->column);
    }
  }
  if (step.op == "split") {
    for (const std::string& column : step.settings.list("group_by")) {
      columns.emplace_back("group_by", column);
    }
  }
  if (step.op == "embed" && step.settings.has("of")) {
    columns.emplace_back("of", step.settings.text("of"));
  }
  return columns;
}

std::vector<std::pair<std::string, std::string>> columns_added(const StepSpec& step) {
  std::vector<std::pair<std::string, std::string>> columns;
  if (step.op == "join") {
    for (const auto& [column, theirs] : step.settings.text_map("columns")) {
      columns.emplace_back("columns", column);
    }
  }
  if (step.op == "nearest") {
    for (const char* end : {"_ids", "_scores"}) {
      columns.emplace_back("name", step.settings.text("name") + end);
    }
  }
  return columns;
}

std::string vectors_made(const StepSpec& step) {
  return step.op == "embed" ? step.settings.text("column") : "";
}

}  // namespace shardmill

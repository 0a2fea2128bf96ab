#include "jobs/run/unknown_columns.hpp"

#include "engine/plan/spelling.hpp"

namespace shardmill {
namespace {

// Whether a step does nothing sensible without the column that this setting names.
bool is_needed(const StepSpec& step, const std::string& setting) {
  if (step.op == "dedup.semantic") return setting == "column";
  return step.op == "join" || step.op == "split" || step.op == "nearest" || step.op == "embed";
}

}  // namespace

std::vector<std::string> unknown_columns(const Job& job, std::set<std::string> columns,
                                         const std::vector<SourceCounts>& counts) {
  std::vector<std::string> sentences;
  for (std::size_t s = 0; s < job.sources.size(); ++s) {
    const SourceSettings& source = job.sources[s].settings;
    if (counts[s].documents == 0) continue;
    for (const auto& [column, field] : source.columns) {
      if (columns.contains(column)) continue;
      sentences.push_back("source " + source.name + ": no record has the field '" + field +
                          "', which `columns` puts into '" + column + "'");
    }
  }
  for (const StepSpec& step : job.steps) {
    const std::string made = vectors_made(step);
    const bool replaces = step.settings.has("of") && step.settings.text("of") == made;
    if (!replaces) columns.erase(made);
  }
  for (const StepSpec& step : job.steps) {
    for (const auto& [setting, column] : columns_read(step)) {
      if (columns.contains(column)) continue;
      sentences.push_back(step.label + ": " + setting + " names the column '" + column +
                          "', which no document has");
    }
    if (const std::string made = vectors_made(step); !made.empty()) columns.insert(made);
  }
  const Settings& tokens = job.write_tokens;
  const bool named = !tokens.decimal_map("epochs").empty() || !tokens.decimal_map("shares").empty();
  const std::string& by = tokens.text("weights_by");
  if (named && by != "source" && !columns.contains(by)) {
    sentences.push_back("write.tokens: weights_by names the column '" + by +
                        "', which no document has");
  }
  return sentences;
}

void check_needed_columns(const Job& job, std::set<std::string> columns) {
  if (columns.empty()) return;
  for (const StepSpec& step : job.steps) {
    for (const auto& [setting, column] : columns_read(step)) {
      if (!is_needed(step, setting) || columns.contains(column)) continue;
      throw DataError(step.settings.where_or(setting, step.where) + ": " + step.label +
                      ": no document has the column `" + column + "`" +
                      suggestion(column, {columns.begin(), columns.end()}));
    }
    const bool joins = step.op == "join";
    const bool forbidden = !joins || step.settings.text("on_conflict") == "error";
    for (const auto& [setting, column] : columns_added(step)) {
      if (columns.insert(column).second || !forbidden) continue;
      throw ConfigError(step.settings.where_or(setting, step.where) + ": " + step.label +
                        " adds the column `" + column +
                        "`, which documents have already; give it another name" +
                        (joins ? ", or say with on_conflict whose value counts (left: the "
                                 "document's, right: the table's)"
                               : ""));
    }
  }
  for (const CheckSpec& check : job.checks) {
    if (!check.settings.has("column")) continue;
    const std::string& column = check.settings.text("column");
    if (columns.contains(column)) continue;
    throw DataError(check.settings.where("column") + ": check " + check.check +
                    ": no document has the column `" + column + "`" +
                    suggestion(column, {columns.begin(), columns.end()}));
  }
}

}  // namespace shardmill

#include "jobs/run/unknown_columns.hpp"

#include "operators/filter/comparison.hpp"

namespace shardmill {

std::vector<std::string> unknown_columns(const Job& job, const std::set<std::string>& columns) {
  std::vector<std::string> sentences;
  const auto look_up = [&](const StepSpec& step, const char* setting, const std::string& column) {
    if (columns.contains(column)) return;
    sentences.push_back(step.label + ": " + setting + " names the column '" + column +
                        "', which no document has");
  };
  for (const StepSpec& step : job.steps) {
    if (step.op == "filter" && step.settings.has("where")) {
      look_up(step, "where", Comparison::parse(step.settings.text("where")).column());
    }
    if (step.op != "dedup.exact" && step.op != "dedup.minhash") continue;
    for (const std::string& criterion : step.settings.list("keep")) {
      const std::size_t colon = criterion.find(':');
      if (colon != std::string::npos) look_up(step, "keep", criterion.substr(colon + 1));
    }
  }
  return sentences;
}

}  // namespace shardmill

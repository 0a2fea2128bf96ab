#include "jobs/run/contamination_reports.hpp"

namespace shardmill {

std::vector<ContaminationReport> contamination_reports(Cluster& cluster, const Decided& decided) {
  std::vector<const MadeTable*> made;
  for (const MadeTable& table : decided.resolution.made) made.push_back(&table);
  std::vector<ContaminationReport> reports;
  for (const Step& step : decided.pipeline.steps) {
    if (step.op != "decontaminate") continue;
    ContaminationReport report =
        gather_contamination(cluster.control, made, step.settings->text("name"));
    report.label = step.label;
    report.digest = step.table_digest;
    for (const std::string& name : step.settings->names()) {
      if (step.settings->has(name)) report.settings.emplace_back(name, step.settings->shown(name));
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace shardmill

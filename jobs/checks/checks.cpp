#include "jobs/checks/checks.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cluster/agree.hpp"
#include "engine/store/file.hpp"
#include "jobs/checks/evaluate.hpp"
#include "jobs/checks/profile_shards.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

ColumnProfiles read_profiles(const fs::path& file) {
  if (!fs::exists(file)) return {};
  return profiles_from_json(read_whole_file(file), file.string());
}

}  // namespace

std::vector<CheckReport> run_checks(Cluster& cluster, const PublishContext& context,
                                    const RunCounts& counts, const Manifest& now,
                                    const fs::path& staging, const Manifest* before,
                                    const fs::path& before_folder, Observer& observer) {
  observer.stage("checks");
  std::vector<ColumnTask> tasks = column_tasks(context.job.checks);
  const ShardProfiles profiles =
      profile_shards(cluster, now.shards, staging, context.profiles, tasks, observer, context.used);
  std::vector<CheckReport> reports;
  agree(cluster.control, [&] {
    fs::remove(staging / "profile.json");  // of an earlier run there may be one
    if (!tasks.empty()) {
      write_file_atomically(staging / "profile.json", to_json(profiles.columns));
    }
    const ColumnProfiles columns_before =
        before == nullptr ? ColumnProfiles{} : read_profiles(before_folder / "profile.json");
    reports = evaluate_checks({context.job, now, before, counts.contaminated, profiles.columns,
                               columns_before, profiles.distinct});
    for (const CheckReport& report : reports) {
      if (!report.failed()) continue;
      const bool tolerated = report.only_warns || context.despite_checks;
      observer.log(tolerated ? "warning" : "error", check_sentence(report));
    }
    return std::string();
  });
  return reports;
}

std::string checks_json(const Manifest& now, const std::vector<CheckReport>& checks, bool despite) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const CheckReport& check : checks) list.push_back(Json::parse(check_json(check)));
  const Json json = {
      {"schema_version", 1},       {"dataset", now.dataset},
      {"snapshot", now.snapshot},  {"parent", now.parent ? Json(*now.parent) : Json(nullptr)},
      {"despite_checks", despite}, {"checks", list}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<CheckReport> checks_of(const fs::path& snapshot) {
  const fs::path file = snapshot / "checks.json";
  std::vector<CheckReport> checks;
  if (!fs::exists(file)) return checks;
  try {
    const nlohmann::json written = nlohmann::json::parse(read_whole_file(file));
    for (const auto& json : written.at("checks")) {
      CheckReport check;
      check.name = json.at("name");
      check.only_warns = json.at("level") == "warn";
      const std::string outcome = json.at("outcome");
      for (const auto known : {CheckReport::Outcome::ok, CheckReport::Outcome::failed}) {
        if (outcome == outcome_name(known)) check.outcome = known;
      }
      checks.push_back(check);
    }
  } catch (const nlohmann::json::exception& error) {
    throw DataError(file.string() + ": is no list of checks: " + error.what());
  }
  return checks;
}

std::string refusal(const std::vector<CheckReport>& checks, const fs::path& staging) {
  u64 failed = 0;
  std::string findings;
  for (const CheckReport& check : checks) {
    if (!check.refuses()) continue;
    ++failed;
    findings += (findings.empty() ? "" : "; ") + check_finding(check);
  }
  if (failed == 0) return "";
  return std::to_string(failed) + " of " + std::to_string(checks.size()) + " checks failed (" +
         findings + "); nothing published: see report.txt and checks.json in " + staging.string() +
         ", or publish with --despite-checks";
}

}  // namespace shardmill

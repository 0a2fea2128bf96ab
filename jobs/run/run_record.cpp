#include "jobs/run/run_record.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cluster/peak_memory.hpp"
#include "engine/batch/wire.hpp"
#include "engine/store/catalog.hpp"
#include "engine/store/file.hpp"
#include "jobs/checks/checks.hpp"
#include "jobs/command/output.hpp"
#include "jobs/report/data_card.hpp"
#include "jobs/report/report_html.hpp"
#include "jobs/report/report_text.hpp"
#include "jobs/run/gather_movement.hpp"
#include "jobs/run/make_report.hpp"
#include "jobs/run/metrics_file.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

u64 nanoseconds(double seconds) { return static_cast<u64>(seconds * 1e9); }

void write_report(const std::filesystem::path& folder, const Report& report) {
  write_file_atomically(folder / "report.txt", report_text(report));
  write_file_atomically(folder / "report.html", report_html(report));
  if (report.contamination.empty()) {  // of an earlier dry run there may be one
    std::filesystem::remove(folder / "contamination.json");
    return;
  }
  Json steps = Json::array();
  for (const ContaminationReport& step : report.contamination) {
    steps.push_back(Json::parse(contamination_json(step)));
  }
  const Json json = {{"version", report.version},
                     {"dataset", report.dataset},
                     {"snapshot", report.snapshot == 0 ? Json(nullptr) : Json(report.snapshot)},
                     {"logical_digest", report.logical_digest},
                     {"documents", report.documents_in},
                     {"steps", steps}};
  write_file_atomically(folder / "contamination.json", json.dump(1) + "\n");
}

// What the job sets, of each step; defaults and presets go without saying.
std::vector<std::pair<std::string, std::string>> settings_of(const Job& job) {
  std::vector<std::pair<std::string, std::string>> steps;
  for (const StepSpec& step : job.steps) {
    std::string values;
    for (const std::string& name : step.settings.names()) {
      const bool written = step.settings.has(name) && step.settings.where(name) != "default" &&
                           !step.settings.where(name).starts_with("preset ");
      if (written) values += (values.empty() ? "" : ", ") + name + ": " + step.settings.shown(name);
    }
    steps.emplace_back(step.label, values);
  }
  return steps;
}

// Where a snapshot that is staged in `folder` will be.
std::string place_of(const std::filesystem::path& folder, const Manifest& manifest) {
  char name[32];
  std::snprintf(name, sizeof name, "%06llu", static_cast<unsigned long long>(manifest.snapshot));
  return (folder.parent_path() / name).string();
}

// How many checks passed or had nothing to measure, and which did not pass.
Json checks_summary(const std::vector<CheckReport>& checks) {
  u64 passed = 0;
  u64 skipped = 0;
  Json warned = Json::array();
  Json failed = Json::array();
  for (const CheckReport& check : checks) {
    passed += check.outcome == CheckReport::Outcome::ok ? 1 : 0;
    skipped += check.outcome == CheckReport::Outcome::skipped ? 1 : 0;
    if (check.failed()) (check.only_warns ? warned : failed).push_back(check.name);
  }
  return {{"passed", passed}, {"skipped", skipped}, {"warned", warned}, {"failed", failed}};
}

// By source.
Json source_tokens_json(const RunCounts& counts) {
  Json json = Json::object();
  for (const auto& [source, sums] : counts.source_tokens) {
    const u64 tokens = sums.at("tokens");
    const u64 bytes = sums.at("text_bytes");
    json[source] = {{"tokens", tokens},
                    {"text_bytes", bytes},
                    {"bytes_per_token", static_cast<double>(bytes) / static_cast<double>(tokens)}};
  }
  return json;
}

// The line of --json; `snapshot` is nothing when none has these documents, `current` is what
// readers see now.
void print_summary(const PublishContext& context, const RunRecord& record,
                   std::optional<u64> snapshot, bool published, std::optional<u64> current,
                   const std::filesystem::path& path) {
  if (!context.json) return;
  const RunCounts& counts = record.counts;
  u64 quarantined = 0;
  u64 failed_files = 0;
  for (const SourceCounts& source : context.summary.sources) {
    quarantined += source.quarantined;
    failed_files += source.failed_files;
  }
  const Json json = {{"dataset", context.job.dataset},
                     {"snapshot", snapshot ? Json(*snapshot) : Json(nullptr)},
                     {"published", published},
                     {"current", current ? Json(*current) : Json(nullptr)},
                     {"path", path.string()},
                     {"documents_in", counts.documents_in},
                     {"dropped", counts.dropped},
                     {"documents_kept", counts.documents_kept},
                     {"splits", counts.splits},
                     {"tokens", counts.tokens},
                     {"mixture", counts.mixture},
                     {"source_tokens", source_tokens_json(counts)},
                     {"quarantined", quarantined},
                     {"failed_files", failed_files},
                     {"duplicate_ids", counts.duplicate_ids},
                     {"exclude", context.limited ? decltype(counts.exclude)() : counts.exclude},
                     {"checks", checks_summary(record.checks)},
                     {"warnings", record.warnings.first},
                     {"warning_count", record.warnings.count},
                     {"seconds", record.seconds},
                     {"ranks", record.ranks}};
  Output output;
  output.write(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  output.finish();
}

// Of a snapshot that is not the current one: publish: manual, or somebody went back.
std::string unpublished_text(const Snapshots& snapshots, u64 newest) {
  const std::optional<u64> current = snapshots.current();
  return (current ? "snapshot " + std::to_string(*current) + " stays current"
                  : std::string("none is current")) +
         ", until: shardmill publish " + snapshots.dataset().string() + " " +
         std::to_string(newest);
}

}  // namespace

bool RunRecord::is_refused(const PublishContext& context) const {
  return !context.despite_checks && std::any_of(checks.begin(), checks.end(),
                                                [](const auto& check) { return check.refuses(); });
}

Warnings gather_warnings(Communicator& control, const Observer& observer) {
  std::string mine;
  WireWriter out(mine);
  out.number(observer.warning_count());
  for (const std::string& text : observer.warnings()) out.text(utf8_or_escaped(text));
  Warnings all;
  for (const std::string& bytes : control.all_gather(mine)) {
    WireReader in(bytes, "warnings of a rank");
    all.count += in.number();
    while (!in.done() && all.first.size() < Observer::kMostWarnings) {
      all.first.emplace_back(in.text());
    }
  }
  return all;
}

RunRecord make_run_record(Cluster& cluster, const PublishContext& context, const RunCounts& counts,
                          Observer& observer) {
  observer.stage("record");
  std::string mine;
  WireWriter out(mine);
  out.number(peak_memory().value);
  out.number(cluster.scratch.most);
  out.number(observer.stages().size());
  for (const Observer::Stage& stage : observer.stages()) {
    out.text(stage.name);
    out.number(nanoseconds(stage.seconds));
    out.number(stage.counters.size());
    for (const auto& [name, count] : stage.counters) {
      out.text(name);
      out.number(count);
    }
  }
  RunRecord record;
  record.ranks = cluster.size();
  record.hosts = context.topology.hosts;
  record.counts = counts;
  record.memory_budget = cluster.budget.total();
  record.movement = gather_movement(cluster);
  for (const std::string& bytes : cluster.control.all_gather(mine)) {
    WireReader in(bytes, "a rank's record of the run");
    record.peak_memory.push_back(in.number());
    record.peak_scratch.push_back(in.number());
    const u64 stages = in.number();
    record.stages.resize(std::max<std::size_t>(record.stages.size(), stages));
    for (u64 s = 0; s < stages; ++s) {
      StageTime& stage = record.stages[s];
      stage.name = in.text();
      stage.seconds = std::max(stage.seconds, static_cast<double>(in.number()) / 1e9);
      for (u64 n = in.number(); n > 0; --n) {
        const std::string name(in.text());
        stage.counters[name] += in.number();
      }
    }
  }
  for (const StageTime& stage : record.stages) {
    record.seconds += stage.seconds;
    const auto bytes = stage.counters.find("text_bytes");
    if (bytes != stage.counters.end()) record.text_bytes_read += bytes->second;
  }
  return record;
}

void write_run_files(const std::filesystem::path& folder, const PublishContext& context,
                     const Manifest& manifest, const RunRecord& record) {
  Json stages = Json::array();
  for (const StageTime& stage : record.stages) {
    stages.push_back(
        {{"name", stage.name}, {"seconds", stage.seconds}, {"counters", stage.counters}});
  }
  Json json = {
      {"version", SHARDMILL_VERSION},
      {"snapshot", manifest.snapshot},
      {"job_file", std::filesystem::absolute(context.job.path).lexically_normal().string()},
      {"seconds", record.seconds},
      {"ranks", record.ranks},
      {"hosts", record.hosts},
      {"memory_budget", record.memory_budget},
      {"peak_memory", record.peak_memory},
      {"peak_scratch", record.peak_scratch},
      {"fragments", context.plan.fragments.size()},
      {"fragments_read", context.fragments.read},
      {"fragments_sketched", context.fragments.sketched},
      {"steps_computed", context.steps_computed},
      {"text_bytes_read", record.text_bytes_read},
      {"warnings", record.warnings.first},
      {"warning_count", record.warnings.count},
      {"stages", stages}};
  json.update(Json::parse(movement_json(record.movement, record.ranks)));
  write_file_atomically(folder / "run.json",
                        json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  const bool refused = record.is_refused(context);
  const bool despite = std::any_of(record.checks.begin(), record.checks.end(),
                                   [](const CheckReport& check) { return check.refuses(); });
  write_file_atomically(folder / "checks.json",
                        checks_json(manifest, record.checks, despite && !refused));
  const Report report = make_report(refused ? folder.string() : place_of(folder, manifest), context,
                                    manifest, record);
  write_report(folder, report);
  write_file_atomically(folder / "data_card.md", data_card(report, settings_of(context.job)));
}

void show_published(const Snapshots& snapshots, const PublishContext& context,
                    const Manifest& manifest, const RunRecord& record) {
  const std::filesystem::path snapshot = snapshots.path_of(manifest.snapshot);
  const std::optional<u64> current = snapshots.current();
  const bool published = current == manifest.snapshot;
  const Report report = make_report(snapshot.string(), context, manifest, record);
  note_success(snapshots.dataset(), report);
  std::fputs((summary_text(report) + "shardmill: " + (published ? "published " : "made ") +
              snapshot.string() +
              (published ? "" : "; " + unpublished_text(snapshots, manifest.snapshot)) + "\n")
                 .c_str(),
             stderr);
  print_summary(context, record, manifest.snapshot, published, current, snapshot);
}

void show_refused(const std::filesystem::path& folder, const Snapshots& snapshots,
                  const PublishContext& context, const Manifest& manifest,
                  const RunRecord& record) {
  const Report report = make_report(folder.string(), context, manifest, record);
  note_refusal(snapshots.dataset(), report);
  std::fputs(summary_text(report).c_str(), stderr);
  print_summary(context, record, std::nullopt, false, snapshots.current(), folder);
}

void show_nothing_changed(const Snapshots& snapshots, const PublishContext& context,
                          const Manifest& manifest, const RunRecord& record, bool restored) {
  const std::filesystem::path snapshot = snapshots.path_of(manifest.snapshot);
  const std::optional<u64> current = snapshots.current();
  note_nothing_new(snapshots.dataset(), make_report(snapshot.string(), context, manifest, record),
                   snapshot);
  std::fprintf(stderr, "shardmill: nothing changed since %s; nothing published%s\n",
               snapshot.c_str(),
               restored ? "; `current` was missing and leads there again"
               : current == manifest.snapshot
                   ? ""
                   : ("; " + unpublished_text(snapshots, manifest.snapshot)).c_str());
  print_summary(context, record, manifest.snapshot, false, current, snapshot);
}

void show_dry_run(const PublishContext& context, const RunCounts& counts, const ShardPlan& plan,
                  const RunRecord& record) {
  const Report report = make_dry_report(context, counts, plan, record);
  const std::filesystem::path folder = std::filesystem::path(context.job.output) / "dry-run";
  std::filesystem::create_directories(folder);
  write_report(folder, report);
  if (!context.json) std::fputs(report_text(report).c_str(), stdout);
  std::fflush(stdout);
  std::fprintf(stderr, "shardmill: dry run, nothing published; the report is in %s\n",
               folder.c_str());
  print_summary(context, record, std::nullopt, false, Snapshots(context.job.output).current(),
                folder);
}

}  // namespace shardmill

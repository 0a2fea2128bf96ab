#include "jobs/run/make_report.hpp"

#include <algorithm>

#include "jobs/spec/declarations.hpp"

namespace shardmill {
namespace {

u64 count_in(const std::map<std::string, u64>& counts, const std::string& name) {
  const auto at = counts.find(name);
  return at == counts.end() ? 0 : at->second;
}

std::vector<StepReport> step_reports(const Pipeline& pipeline, const RunCounts& counts) {
  const std::vector<std::string> dropping = dropping_steps(pipeline);
  std::vector<StepReport> reports;
  // A takedown comes before every step, wherever it stands.
  std::vector<const Step*> steps;
  for (const Step& step : pipeline.steps) steps.push_back(&step);
  std::stable_partition(steps.begin(), steps.end(),
                        [](const Step* step) { return step->op == "exclude"; });
  for (const Step* step : steps) {
    StepReport report;
    report.label = step->label;
    report.drops = std::find(dropping.begin(), dropping.end(), step->label) != dropping.end();
    if (const auto reasons = counts.dropped.find(step->label); reasons != counts.dropped.end()) {
      report.reasons = reasons->second;
    }
    report.dropped_bytes = count_in(counts.statistics.bytes, step->label);
    report.changed = count_in(counts.changed, step->label);
    report.cut_bytes = count_in(counts.cut_bytes, step->label);
    if (finds_near_duplicates(step->op))
      report.threshold = step->settings->decimal("threshold").text();
    reports.push_back(std::move(report));
  }
  return reports;
}

std::vector<SourceReport> source_reports(const PublishContext& context, const RunCounts& counts) {
  std::vector<SourceReport> reports;
  for (std::size_t s = 0; s < context.job.sources.size(); ++s) {
    SourceReport report;
    report.name = context.job.sources[s].settings.name;
    if (s < context.summary.sources.size()) {
      report.quarantined = context.summary.sources[s].quarantined;
    }
    if (const auto fates = counts.by_source.find(report.name); fates != counts.by_source.end()) {
      for (const auto& [fate, documents] : fates->second) {
        if (fate == "in") {
          report.documents = documents;
        } else if (fate == "kept") {
          report.kept = documents;
        } else {
          report.dropped[fate] = documents;
        }
      }
    }
    if (const auto sums = counts.source_tokens.find(report.name);
        sums != counts.source_tokens.end()) {
      report.tokens = sums->second.at("tokens");
      report.text_bytes = sums->second.at("text_bytes");
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

// "text/train/0001-r.h5" -> "text/train"
std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

void add_shard(Report& report, const std::string& path, u64 rows, u64 bytes) {
  const std::string folder = folder_of(path);
  auto at = std::find_if(report.shards.begin(), report.shards.end(),
                         [&](const ShardsReport& shards) { return shards.folder == folder; });
  if (at == report.shards.end()) at = report.shards.insert(at, {.folder = folder});
  ++at->files;
  at->documents += rows;
  at->bytes += bytes;
}

// Everything but what the snapshot itself knows.
Report report_of_run(const PublishContext& context, const RunCounts& counts,
                     const RunRecord& record) {
  Report report;
  report.version = SHARDMILL_VERSION;
  report.dataset = context.job.dataset;
  for (const FileVersion& file : context.catalog.files) {
    if (file.tombstone) continue;
    ++report.input_files;
    report.input_bytes += file.size;
  }
  report.documents_in = counts.documents_in;
  report.documents_kept = counts.documents_kept;
  report.duplicate_ids = counts.duplicate_ids;
  if (!context.limited) report.exclude = counts.exclude;
  for (const SourceCounts& source : context.summary.sources) {
    report.quarantined += source.quarantined;
    report.failed_files += source.failed_files;
  }
  report.steps = step_reports(context.plan.pipeline, counts);
  report.sources = source_reports(context, counts);
  report.splits.assign(counts.splits.begin(), counts.splits.end());
  std::stable_sort(report.splits.begin(), report.splits.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  report.tokens = counts.tokens;
  report.mixture = counts.mixture;
  report.lineage = counts.lineage;
  report.statistics = counts.statistics;
  report.contamination = counts.contamination;
  report.recalls = counts.recalls;
  report.checks = record.checks;
  report.refused = record.is_refused(context);
  report.warnings = record.warnings;
  for (const StageTime& stage : record.stages) report.stages.push_back({stage.name, stage.seconds});
  report.seconds = record.seconds;
  report.ranks = record.ranks;
  report.hosts = record.hosts;
  report.memory_budget = record.memory_budget;
  report.peak_memory = record.peak_memory;
  report.text_bytes_read = record.text_bytes_read;
  report.movement = record.movement;
  report.fragments = context.plan.fragments.size();
  report.fragments_read = context.fragments.read;
  report.fragments_sketched = context.fragments.sketched;
  report.steps_computed = context.steps_computed;
  return report;
}

ParentReport before_report(const Manifest& before, const Manifest& now) {
  ParentReport parent{before.documents_in, before.documents_kept, 0};
  const auto less = [](const ShardRecord& a, const ShardRecord& b) { return a.path < b.path; };
  for (const ShardRecord& shard : now.shards) {
    const auto at = std::lower_bound(before.shards.begin(), before.shards.end(), shard, less);
    if (at != before.shards.end() && *at == shard) ++parent.files_shared;
  }
  return parent;
}

// Text first, then the side tables.
void sort_shards(Report& report) {
  std::stable_partition(report.shards.begin(), report.shards.end(), [](const ShardsReport& shards) {
    return shards.folder.starts_with("text/");
  });
}

}  // namespace

Report make_report(const std::string& location, const PublishContext& context,
                   const Manifest& manifest, const RunRecord& record) {
  Report report = report_of_run(context, record.counts, record);
  report.location = location;
  report.snapshot = manifest.snapshot;
  report.parent = manifest.parent;
  report.logical_digest = manifest.logical_digest;
  for (const ShardRecord& shard : manifest.shards) {
    add_shard(report, shard.path, shard.documents, shard.bytes);
  }
  sort_shards(report);
  if (record.parent) report.before = before_report(*record.parent, manifest);
  return report;
}

Report make_dry_report(const PublishContext& context, const RunCounts& counts,
                       const ShardPlan& plan, const RunRecord& record) {
  Report report = report_of_run(context, counts, record);
  report.dry_run = true;
  report.location = context.job.output;
  for (const Shard& shard : plan.shards()) add_shard(report, shard.path, shard.rows, shard.bytes);
  sort_shards(report);
  return report;
}

}  // namespace shardmill

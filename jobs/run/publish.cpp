#include "jobs/run/publish.hpp"

#include <algorithm>
#include <cstdio>

#include "cluster/agree.hpp"
#include "engine/store/file.hpp"
#include "engine/store/logical_digest.hpp"
#include "engine/store/sha256.hpp"
#include "jobs/checks/checks.hpp"
#include "jobs/run/damage.hpp"
#include "jobs/run/manifest.hpp"
#include "jobs/run/run_record.hpp"
#include "jobs/run/staging.hpp"
#include "jobs/run/stopped_run.hpp"
#include "jobs/spec/job_changes.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

// Of the newest snapshot, whether it is published or not: what a run goes on from.
std::optional<Manifest> newest_manifest(const Snapshots& snapshots) {
  const auto newest = snapshots.newest();
  if (!newest) return std::nullopt;
  return read_manifest(snapshots.path_of(*newest) / "manifest.json");
}

// Who writes what is not there yet, known to all.
std::vector<std::optional<Rank>> assign_writers(
    Cluster& cluster, const ShardPlan& plan, const std::vector<std::optional<ShardRecord>>& have) {
  const std::string present = agree(cluster.control, [&] {
    std::string flags;
    for (const auto& record : have) flags += record ? '1' : '0';
    return flags;
  });
  std::vector<u64> weights;
  for (std::size_t i = 0; i < present.size(); ++i) {
    weights.push_back(present[i] == '1' ? 0 : plan.shards()[i].bytes + 1);
  }
  const std::vector<Rank> rank_of = assign_longest_first(weights, cluster.size());
  std::vector<std::optional<Rank>> writer(present.size());
  for (std::size_t i = 0; i < present.size(); ++i) {
    if (present[i] == '0') writer[i] = rank_of[i];
  }
  return writer;
}

// Writes what is missing; on rank 0 `have` is complete afterwards.
void write_shards(Cluster& cluster, const PublishedRows& rows, const ShardPlan& plan,
                  const Staging& staging, std::vector<std::optional<ShardRecord>>& have,
                  Observer& observer) {
  std::string mine;
  const std::vector<std::optional<Rank>> writer = assign_writers(cluster, plan, have);
  if (std::none_of(writer.begin(), writer.end(), [](const auto& w) { return w.has_value(); }))
    return;
  ShardShuffle shuffle(cluster, rows.tables(), plan, writer, 0.4);
  rows.put_all(plan, shuffle);
  shuffle.finish(staging.folder(), [&](std::size_t i, const ShardInfo& info) {
    const Shard& shard = plan.shards()[i];
    const ShardRecord record{shard.path,          rows.tables()[shard.table].split,
                             info.bytes,          info.documents,
                             info.sha256,         info.logical_digest,
                             content_text(shard), info.files};
    staging.note(record);
    mine += std::to_string(i) + " " + to_json(record) + "\n";
    observer.count(kCommitted, 1);
    observer.advance(shard.bytes);
  });
  for (const std::string& lines : cluster.control.all_gather(mine)) {
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t end = lines.find('\n', at);
      const std::size_t space = lines.find(' ', at);
      const std::size_t shard = std::stoull(lines.substr(at, space - at));
      if (cluster.control.is_root()) {
        have[shard] = shard_from_json(lines.substr(space + 1, end - space - 1), "a rank's shard");
      }
      at = end + 1;
    }
  }
}

// What went in must have come out: kept, or dropped by some step.
void check_conservation(const RunCounts& counts, const PublishContext& context) {
  u64 out = counts.documents_kept;
  for (const auto& [step, reasons] : counts.dropped) {
    for (const auto& [reason, documents] : reasons) out += documents;
  }
  u64 read = 0;
  for (const SourceCounts& source : context.summary.sources) read += source.documents;
  u64 in_splits = 0;
  for (const auto& [split, documents] : counts.splits) in_splits += documents;
  if (out != counts.documents_in || (read != counts.documents_in && !context.limited) ||
      in_splits != counts.documents_kept) {
    throw InternalError("documents do not add up: " + std::to_string(read) + " read, " +
                        std::to_string(counts.documents_in) + " seen, " + std::to_string(out) +
                        " kept or dropped, " + std::to_string(in_splits) + " in splits");
  }
}

// An input that is gone for a night, or a limit with a zero too many, must not empty a dataset, nor
// begin one. One that begins without documents waits for them.
void refuse_empty(const RunCounts& counts, const Manifest* previous,
                  const fs::path& previous_folder) {
  if (counts.documents_kept > 0) return;
  const u64 before = previous == nullptr ? 0 : previous->documents_kept;
  const bool known = previous != nullptr && previous->documents_in > 0;  // that nothing is left
  if (before == 0 && (known || counts.documents_in == 0)) return;
  std::string why = "no documents were read";
  if (counts.documents_in > 0) {
    why = "of " + std::to_string(counts.documents_in) + " documents the steps leave none (";
    std::string separator;
    for (const auto& [step, reasons] : counts.dropped) {
      u64 documents = 0;
      for (const auto& [reason, n] : reasons) documents += n;
      why += separator + step + " drops " + std::to_string(documents);
      separator = ", ";
    }
    why += ")";
  }
  if (before > 0) why += ", but " + previous_folder.string() + " has " + std::to_string(before);
  throw GateError(why + "; nothing published (--allow-empty publishes that nothing is left)");
}

Manifest make_manifest(const PublishContext& context, const RunCounts& counts,
                       const std::vector<std::optional<ShardRecord>>& shards) {
  Manifest manifest;
  manifest.dataset = context.job.dataset;
  manifest.job = context.job.text;
  manifest.overrides = context.job.overrides;
  for (const FileVersion& file : context.catalog.files) {
    if (file.tombstone) continue;
    const auto failure = context.summary.failures.find(file.ordinal);
    manifest.inputs.push_back(
        {file.source, utf8_or_escaped(file.relative), file.size, file.digest, file.epoch,
         failure == context.summary.failures.end() ? "" : utf8_or_escaped(failure->second)});
  }
  manifest.side_files = context.side_files;
  manifest.documents_in = counts.documents_in;
  manifest.documents_kept = counts.documents_kept;
  manifest.dropped = counts.dropped;
  manifest.changed = counts.changed;
  manifest.cut_bytes = counts.cut_bytes;
  manifest.joined = counts.joined;
  manifest.duplicate_ids = counts.duplicate_ids;
  manifest.splits = counts.splits;
  manifest.lineage = counts.lineage;
  manifest.tokens = counts.tokens;
  manifest.mixture = counts.mixture;
  manifest.source_tokens = counts.source_tokens;
  manifest.by_source = counts.by_source;
  for (const SourceCounts& source : context.summary.sources) {
    manifest.quarantined += source.quarantined;
  }
  std::vector<std::pair<std::string, std::string>> digests;
  u64 documents = 0;
  u64 with_tokens = 0;
  for (const auto& shard : shards) {
    manifest.shards.push_back(shard.value());
    digests.emplace_back(shard->path, shard->logical_digest);
    if (shard->path.starts_with("text/")) documents += shard->documents;
    if (shard->path.starts_with("tokens/")) with_tokens += shard->documents;
  }
  u64 copies = counts.tokens.empty() ? 0 : counts.documents_kept;
  for (const auto& [value, found] : counts.mixture) {
    copies += found.at("published_documents") - found.at("documents");
  }
  if (documents != counts.documents_kept || with_tokens != copies) {
    throw InternalError("text shards hold " + std::to_string(documents) +
                        " documents and token shards " + std::to_string(with_tokens) + " of " +
                        std::to_string(copies) + ", " + std::to_string(counts.documents_kept) +
                        " were kept");
  }
  std::sort(manifest.shards.begin(), manifest.shards.end(),
            [](const ShardRecord& a, const ShardRecord& b) { return a.path < b.path; });
  manifest.logical_digest = dataset_digest(std::move(digests));
  return manifest;
}

// Whether the job says what it said; its comments and the order of its settings are free.
bool same_job(const Manifest& before, const Job& now) {
  if (before.job == now.text && before.overrides == now.overrides) return true;
  try {
    return job_changes(before.job, before.overrides, now).empty();
  } catch (const ConfigError&) {
    return false;  // of another version
  }
}

bool same_dataset(const Manifest& before, const Manifest& now, const Job& job) {
  return before.shards == now.shards && before.inputs == now.inputs && same_job(before, job) &&
         before.quarantined == now.quarantined && before.dropped == now.dropped;
}

}  // namespace

int publish(Cluster& cluster, const PublishContext& context, const PublishedRows& rows,
            Snapshots& snapshots, u64 number, Observer& observer) {
  Communicator& control = cluster.control;
  agree(control, [&] {
    check_conservation(rows.counts(), context);
    return std::string();
  });
  const ShardPlan plan(cluster, rows.tables(), rows.heads(), context.job.shard_size.value);
  if (context.dry_run) {
    RunRecord record = make_run_record(cluster, context, rows.counts(), observer);
    record.warnings = gather_warnings(control, observer);
    agree(control, [&] {
      // Shards that a run that was stopped has written are still wanted.
      const Staging staging(snapshots.staging_of(number));
      if (!staging.has_records()) fs::remove_all(staging.folder());
      show_dry_run(context, rows.counts(), plan, record);
      return std::string();
    });
    observer.finish("done", "dry run");
    return 0;
  }

  Staging staging(snapshots.staging_of(number));
  std::optional<Manifest> previous;
  agree_all(control, [&] { previous = newest_manifest(snapshots); });
  const fs::path previous_folder = previous ? snapshots.path_of(previous->snapshot) : fs::path();
  if (!context.allow_empty) {
    agree(control, [&] {
      refuse_empty(rows.counts(), previous ? &*previous : nullptr, previous_folder);
      return std::string();
    });
  }
  std::set<std::string> damaged;
  if (previous) damaged = damaged_shards(cluster, *previous, previous_folder, context.fresh);
  std::vector<std::optional<ShardRecord>> have;
  agree(control, [&] {
    for (const std::string& path : damaged) {
      observer.log("warning", "a published shard is damaged; the next snapshot does not share it",
                   {{"path", (previous_folder / path).string()}});
    }
    if (context.fresh) staging.forget_records();  // written by a run that trusted more
    have = staging.reuse(plan.shards(), previous ? previous->shards : std::vector<ShardRecord>{},
                         previous_folder, damaged);
    return std::string();
  });
  stop_if_asked(control, cluster.stop,
                "stopped by a signal before writing; the same command goes on from here");
  observer.stage("write", 0, "B");
  write_shards(cluster, rows, plan, staging, have, observer);

  Manifest manifest;  // on rank 0
  const bool changed = agree(control, [&] {
                         manifest = make_manifest(context, rows.counts(), have);
                         manifest.snapshot = number;
                         if (previous) manifest.parent = previous->snapshot;
                         const bool same = previous && damaged.empty() &&
                                           same_dataset(*previous, manifest, context.job);
                         return std::string(same ? "" : "1");
                       }) == "1";
  Warnings warnings = gather_warnings(control, observer);  // those of checks stand beside these
  std::vector<CheckReport> checks;
  if (changed) {
    checks = run_checks(cluster, context, rows.counts(), manifest, staging.folder(),
                        previous ? &*previous : nullptr, previous_folder, observer);
  }
  RunRecord record = make_run_record(cluster, context, rows.counts(), observer);
  record.checks = std::move(checks);
  record.warnings = std::move(warnings);
  record.parent = previous;
  const bool automatic = context.job.top.text("publish") == "auto";
  agree(control, [&] {
    if (!changed) {
      fs::remove_all(staging.folder());
      // Somebody's loss: readers see nothing, and no later night would mend it.
      const bool restored = automatic && !snapshots.current();
      if (restored) snapshots.make_current(previous->snapshot);
      show_nothing_changed(snapshots, context, *previous, record, restored);
      return std::string();
    }
    write_run_files(staging.folder(), context, manifest, record);
    const fs::path certificate = staging.folder() / "contamination.json";
    if (fs::exists(certificate)) manifest.contamination_sha256 = sha256_of_file(certificate);
    write_file_atomically(staging.folder() / "manifest.json", to_json(manifest));
    if (record.is_refused(context)) {
      show_refused(staging.folder(), snapshots, context, manifest, record);
      throw GateError(refusal(record.checks, staging.folder()));
    }
    staging.forget_records();  // last: a run killed before finds its shards again
    snapshots.publish(number, manifest.logical_digest + "\n", automatic);
    show_published(snapshots, context, manifest, record);
    return std::string();
  });
  observer.finish("done");
  return 0;
}

}  // namespace shardmill

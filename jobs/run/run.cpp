#include "jobs/run/run.hpp"

#include <algorithm>
#include <cstdio>

#include "cluster/agree.hpp"
#include "cluster/peak_memory.hpp"
#include "cluster/signals.hpp"
#include "cluster/watchdog.hpp"
#include "engine/batch/wire.hpp"
#include "engine/observe/trace.hpp"
#include "engine/store/file.hpp"
#include "engine/store/snapshot.hpp"
#include "jobs/command/output.hpp"
#include "jobs/report/amounts.hpp"
#include "jobs/run/fill_digests.hpp"
#include "jobs/run/first_documents.hpp"
#include "jobs/run/foreign.hpp"
#include "jobs/run/input_summary.hpp"
#include "jobs/run/inputs.hpp"
#include "jobs/run/load_exclusions.hpp"
#include "jobs/run/lock_together.hpp"
#include "jobs/run/manifest.hpp"
#include "jobs/run/metrics_file.hpp"
#include "jobs/run/prepare_steps.hpp"
#include "jobs/run/publish.hpp"
#include "jobs/run/published_rows.hpp"
#include "jobs/run/read_pass.hpp"
#include "jobs/run/remembered_pairs.hpp"
#include "jobs/run/resolve.hpp"
#include "jobs/run/resolve_fingerprint.hpp"
#include "jobs/run/step_order.hpp"
#include "jobs/run/stopped_run.hpp"
#include "jobs/run/store_use.hpp"
#include "jobs/run/unfinished_files.hpp"
#include "jobs/run/unknown_columns.hpp"
#include "operators/read/reader.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

// The job as every rank has it: rank 0 reads the file, the others get its text.
Job read_job_everywhere(const Arguments& arguments, Communicator& control) {
  const std::string text =
      agree(control, [&] { return read_job(arguments.job, arguments.set).text; });
  const fs::path folder = fs::absolute(arguments.job).parent_path();
  return parse_job(text, arguments.job, folder.lexically_normal().string(), arguments.set);
}

// The plan of the read pass, the same on every rank; rank 0 updates the catalogue first.
struct Prepared {
  Catalog catalog;
  std::vector<std::string> path_of;
};
Prepared prepare_inputs(const Job& job, const fs::path& catalog_file, bool compact,
                        Communicator& control) {
  const std::string paths =
      agree(control, [&] { return serialised_paths(update_catalog(job, catalog_file, compact)); });
  Prepared prepared{{}, deserialised_paths(paths)};
  agree_all(control, [&] { prepared.catalog = load_catalog(catalog_file); });
  return prepared;
}

// A dry run works on a copy: trying other files must leave no trace in ordinals and epochs.
fs::path file_of_run(const fs::path& output, const std::string& name, bool dry_run,
                     Communicator& control) {
  const fs::path real = output / name;
  const fs::path copy = output / ("dry-run." + name);
  agree(control, [&] {
    fs::remove(copy);
    if (dry_run && fs::exists(real)) fs::copy_file(real, copy);
    return std::string();
  });
  return dry_run ? copy : real;
}

// By ordinal: files that are gone, and tolerated ones, of which another range may have been read.
std::vector<bool> hidden_files(const Catalog& catalog, const std::set<u64>& failed) {
  std::vector<bool> hidden;
  for (const FileVersion& file : catalog.files) {
    hidden.push_back(file.tombstone || failed.contains(file.ordinal));
  }
  return hidden;
}

// What rank 0 has found, on every rank.
std::set<u64> failed_everywhere(Communicator& control, const std::set<u64>& failed) {
  std::string bytes;
  WireWriter out(bytes);
  for (const u64 ordinal : failed) out.number(ordinal);
  bytes = control.broadcast(bytes);
  std::set<u64> all;
  for (WireReader in(bytes, "files that failed"); !in.done();) all.insert(in.number());
  return all;
}

// Ours, then those we compare with.
Documents make_documents(const Cluster& cluster, const ReadPlan& plan,
                         const std::vector<ForeignShard>& foreign, const std::set<u64>& failed,
                         DocKey last) {
  std::vector<Fragment> fragments = plan.fragments;
  std::vector<fs::path> files = plan.files;
  std::vector<std::vector<u32>> foreign_steps(plan.fragments.size());
  for (const ForeignShard& shard : foreign) {
    fragments.push_back(fragment_of(shard));
    files.push_back(shard.file);
    foreign_steps.push_back(shard.steps);
  }
  return Documents(cluster, plan.pipeline, std::move(fragments), std::move(files),
                   hidden_files(plan.catalog, failed), std::move(foreign_steps), last);
}

std::set<std::string> all_columns(const Catalog& catalog) {
  std::set<std::string> columns;
  for (const auto& [epoch, schema] : catalog.schemas) {
    for (const ColumnSpec& column : schema) columns.insert(column.name);
  }
  return columns;
}

void warn_about_columns(const Job& job, const InputSummary& summary, Observer& observer) {
  for (const std::string& sentence : unknown_columns(job, summary.columns, summary.sources)) {
    observer.log("warning", sentence);
  }
}

// Another job's output, or a name that was changed: told before anything is read.
void warn_about_name(const Job& job, const Snapshots& snapshots, Observer& observer) {
  const auto current = snapshots.current();
  if (!current) return;
  const fs::path published = snapshots.path_of(*current);
  const std::string name = read_manifest(published / "manifest.json").dataset;
  if (name == job.dataset) return;
  observer.log("warning", "the job's dataset has another name than what is published in its output",
               {{"dataset", job.dataset}, {"published", name}, {"path", published.string()}});
}

Splits make_splits(const Job& job, const Pipeline& pipeline) {
  const Step* step = pipeline.find("split");
  if (step == nullptr) return Splits({{"train", Decimal{1, 1}}}, job.seed);
  return Splits(step->settings->decimal_map("fractions"), job.seed);
}

// Shares that no split can have, since what belongs together weighs too much: more than a tenth.
void warn_about_lineage(const RunCounts& counts, Observer& observer) {
  const auto largest = counts.lineage.find("largest_kept");
  if (largest == counts.lineage.end() || largest->second <= counts.documents_kept / 10) return;
  observer.log("warning",
               "the largest group by lineage has " +
                   percent(largest->second, counts.documents_kept) +
                   " of the documents kept; all of it lies in one split, whatever the shares",
               {{"documents", std::to_string(largest->second)},
                {"kept", std::to_string(counts.documents_kept)}});
}

// What the store has of a fragment.
void note_fragment(const fs::path& file, const Pipeline& pipeline, const std::vector<u32>& steps,
                   std::vector<fs::path>& used) {
  used.push_back(file);
  for (const u32 step : steps) used.push_back(sketch_file(file, pipeline.steps[step]));
}

// Everything from the lists of files to the snapshot, with the dataset's lock held.
int run_stages(const Arguments& arguments, Cluster& cluster, const Topology& topology,
               const Job& job, Pipeline& pipeline, const fs::path& output, Observer& observer) {
  Communicator& control = cluster.control;
  const fs::path store = output / "store";
  observer.follow("bytes_exchanged", [&] { return cluster.bytes_exchanged; });
  observer.follow("bytes_spilled", [&] { return cluster.scratch.written; });
  observer.stage("prepare");
  std::vector<fs::path> used = prepare_steps(job, pipeline, store, topology.ranks_on_node, cluster);
  load_exclusions_together(control, pipeline);
  observer.stage("catalogue");
  Snapshots snapshots(output);
  std::vector<SideFile> beside;
  agree(control, [&] {
    beside = side_files(job, pipeline);
    warn_about_name(job, snapshots, observer);
    for (const std::string& sentence : order_warnings(pipeline)) observer.log("warning", sentence);
    if (pipeline.excluded && pipeline.excluded->odd_line() > 0) {
      observer.log("warning",
                   "exclude: a line of its list has blanks around it, or looks like JSON or a "
                   "comment; ids are taken as they stand, one a line",
                   {{"path", pipeline.find("exclude")->settings->text("ids")},
                    {"line", std::to_string(pipeline.excluded->odd_line())}});
    }
    return std::string();
  });
  const fs::path catalog_file = file_of_run(output, "catalog.json", arguments.dry_run, control);
  const fs::path against_file = file_of_run(output, "against.tsv", arguments.dry_run, control);
  Prepared inputs = prepare_inputs(job, catalog_file, arguments.compact, control);
  const std::string splittable =
      agree(control, [&] { return splittable_files(job, inputs.catalog, inputs.path_of); });
  ReadPlan plan =
      make_read_plan(job, pipeline, inputs.catalog, std::move(inputs.path_of), splittable, store);
  const std::string resolved_foreign =
      agree(control, [&] { return resolve_foreign(pipeline, against_file); });
  const ReadFirst read =
      arguments.limit ? read_first_documents(cluster, plan, *arguments.limit, observer)
                      : ReadFirst{run_read_pass(cluster, plan, observer), DocKey{UINT64_MAX}};
  std::vector<ForeignShard> foreign;
  agree_all(control, [&] { foreign = list_foreign(pipeline, resolved_foreign, store); });
  read_foreign(cluster, pipeline, foreign, observer);
  observer.stage("digests");
  fill_digests(cluster, plan, inputs.catalog);
  if (control.any(cluster.stop.is_set())) {  // saved, so that the next run needs only the others
    agree(control, [&] {
      save_catalog(inputs.catalog, catalog_file);
      return std::string();
    });
  }
  stop_if_asked(control, cluster.stop,
                "stopped by a signal while computing digests; the same command goes on from here");

  observer.stage("summary");
  const u64 number = snapshots.next_number();
  const fs::path staging = snapshots.staging_of(number);
  InputSummary summary;
  agree(control, [&] {
    snapshots.begin_staging(number);
    summary = summarise_input(plan, staging / "quarantine.jsonl");
    judge_input(job, summary);
    if (!arguments.limit) check_ids(job, summary);
    decide_schemas(summary, inputs.catalog);
    const bool any = std::any_of(summary.sources.begin(), summary.sources.end(),
                                 [](const SourceCounts& source) { return source.documents > 0; });
    check_needed_columns(job, any ? all_columns(inputs.catalog) : std::set<std::string>());
    save_catalog(inputs.catalog, catalog_file);
    return std::string();
  });
  agree_all(control, [&] { inputs.catalog = load_catalog(catalog_file); });
  summary.failed = failed_everywhere(control, summary.failed);
  if (control.is_root()) {
    warn_about_columns(job, summary, observer);
    // Tolerated is not unseen: what the file held before is gone from this snapshot.
    for (const auto& [ordinal, why] : summary.failures) {
      const std::string& path = plan.path_of[ordinal];
      const bool named = why.starts_with(path + ": ");
      observer.log("warning", "a tolerated file cannot be read and gives no documents",
                   {{"path", path}, {"why", named ? why.substr(path.size() + 2) : why}});
    }
  }

  const Documents documents = make_documents(cluster, plan, foreign, summary.failed, read.last);
  const std::string fingerprint = agree(control, [&] {
    return inputs_fingerprint(plan, pipeline, foreign, read.last, summary.failed);
  });
  const std::vector<fs::path> resolved = step_folders(pipeline, fingerprint, store);
  const std::vector<fs::path> pairs = pairs_folders(pipeline, store);
  Resolution resolution = resolve_steps(cluster, pipeline, documents, resolved, pairs, observer);

  const auto stop_here = [&] {
    stop_if_asked(control, cluster.stop,
                  "stopped by a signal between two stages; the same command goes on from here");
  };
  stop_here();
  observer.stage("groups");
  const Splits splits = make_splits(job, pipeline);
  const Groups groups =
      make_groups(cluster, documents, resolution.decisions, std::move(resolution.edges), splits);
  std::optional<LineageGroups> lineage;
  if (resolution.lineage) {
    lineage.emplace(make_lineage_groups(cluster, documents, resolution.decisions,
                                        std::move(*resolution.lineage), groups, splits));
  }
  const Step* split = pipeline.find("split");
  const bool by_cluster = split == nullptr || split->settings->text("by") == "cluster";
  stop_here();
  observer.stage("decide");
  const PublishedRows rows(cluster, {job, pipeline, inputs.catalog, documents, resolution, groups,
                                     lineage ? &*lineage : nullptr, splits, by_cluster});
  if (control.is_root()) warn_about_lineage(rows.counts(), observer);
  const PublishContext context{job,
                               inputs.catalog,
                               plan,
                               summary,
                               topology,
                               arguments.dry_run,
                               read.done,
                               resolution.steps_computed,
                               arguments.limit.has_value(),
                               arguments.fresh,
                               arguments.json,
                               arguments.allow_empty,
                               arguments.despite_checks,
                               store / "profiles",
                               used,
                               std::move(beside)};
  const int code = publish(cluster, context, rows, snapshots, number, observer);
  agree(control, [&] {
    if (arguments.dry_run) {
      fs::remove(catalog_file);
    } else {
      for (const fs::path& file : plan.files) {
        note_fragment(file, pipeline, pipeline.sketching(), used);
      }
      for (const ForeignShard& shard : foreign) {
        note_fragment(shard.file, pipeline, shard.steps, used);
      }
      for (const auto& folders : {resolved, pairs}) {
        std::copy_if(folders.begin(), folders.end(), std::back_inserter(used),
                     [](const fs::path& folder) { return !folder.empty(); });
      }
      note_store_use(store, used);
    }
    fs::remove(against_file);  // the next run compares with what those datasets are then
    return std::string();
  });
  return code;
}

Doing doing(const Watchdog& watchdog) {
  Doing now{watchdog.state(), std::nullopt};
  if (const auto portion = watchdog.portion()) {
    now.part = StageProgress{"",    portion->unit, portion->done, portion->total, portion->seconds,
                             false, portion->name};
  }
  return now;
}

// A timeline that cannot be written spoils no run.
void write_trace(const std::string& file, Cluster& cluster, const Observer& observer,
                 Span::Clock::time_point start) {
  if (file.empty()) return;
  for (const Observer::Stage& stage : observer.stages()) {
    const std::chrono::duration<double> seconds(stage.seconds);
    cluster.spans.add({"stage",
                       stage.name,
                       stage.begun,
                       stage.begun + std::chrono::duration_cast<Span::Clock::duration>(seconds),
                       {stage.counters.begin(), stage.counters.end()}});
  }
  const std::string text = gather_trace(cluster.control, cluster.spans, start);
  if (!cluster.control.is_root()) return;
  try {
    Output output(file);
    output.write(text);
    output.finish();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "shardmill: warning: --trace: %s\n", error.what());
  }
}

}  // namespace

int run_job(const Arguments& arguments, Cluster& cluster, const Topology& topology) {
  const Job job = read_job_everywhere(arguments, cluster.control);
  Pipeline pipeline = make_pipeline(job);
  const fs::path output =
      job.output + (arguments.limit ? ".limit-" + std::to_string(*arguments.limit) : "");
  const RunLock lock = lock_together(cluster, output, arguments.wait.value_or(0));
  agree(cluster.control, [&] {
    if (arguments.fresh) fs::remove_all(output / "store");
    fs::create_directories(output / "store" / "fragments");
    fs::create_directories(output / "store" / "sketches");
    fs::create_directories(output / "store" / "steps");
    remove_unfinished(output);
    Snapshots(output).finish_publication();
    return std::string();
  });
  Observer observer(cluster.rank(), cluster.size(), output / "log", progress_from_environment(),
                    [&] { return doing(cluster.watchdog); });
  if (!arguments.trace.empty()) cluster.spans.want();
  cluster.control.barrier();
  const auto start = Span::Clock::now();
  try {
    const int code = run_stages(arguments, cluster, topology, job, pipeline, output, observer);
    write_trace(arguments.trace, cluster, observer, start);
    return code;
  } catch (const Stopped& stopped) {  // agreed: all ranks are here
    const u64 committed = committed_by_all(cluster.control, observer);
    const Stopped told(stopped_message(stopped, committed));
    observer.finish("stopped", told.what());
    if (cluster.control.is_root()) note_failure(output, job.dataset, told);
    write_trace(arguments.trace, cluster, observer, start);
    agree(cluster.control, [&] {
      if (arguments.json) print_stopped(job.dataset, output, committed);
      return std::string();
    });
    fail_together(told);
  } catch (const std::exception& error) {
    observer.finish("failed", error.what());
    if (cluster.control.is_root()) note_failure(output, job.dataset, error);
    throw;
  }
}

}  // namespace shardmill

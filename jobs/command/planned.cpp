#include "jobs/command/planned.hpp"

#include <algorithm>
#include <set>

#include "cluster/budget.hpp"
#include "engine/exchange/exchange.hpp"
#include "engine/store/snapshot.hpp"
#include "jobs/command/first_types.hpp"
#include "jobs/report/amounts.hpp"
#include "jobs/run/inputs.hpp"
#include "jobs/run/manifest.hpp"
#include "jobs/run/memory_floor.hpp"
#include "jobs/run/read_pass.hpp"
#include "jobs/run/resolve_fingerprint.hpp"
#include "jobs/run/step_file.hpp"
#include "jobs/run/step_order.hpp"
#include "jobs/run/unknown_columns.hpp"
#include "jobs/spec/token_rules.hpp"
#include "operators/dedup/minhash.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

// Text of a document where nothing is known yet: between web pages and source files.
constexpr u64 kAssumedDocumentBytes = 2048;
// How much larger text is than its .gz or .zst, about.
constexpr u64 kAssumedCompression = 4;

bool compressed(const std::string& name) { return name.ends_with(".gz") || name.ends_with(".zst"); }

constexpr std::size_t kNamedFiles = 5;

void note(const FileVersion& file, bool named, PlannedFiles& files) {
  ++files.count;
  if (named && files.first.size() < kNamedFiles) files.first.push_back(file.relative);
}

std::vector<PlannedSource> list_sources(const Job& job, const Catalog& before, const Catalog& now) {
  std::vector<PlannedSource> sources;
  for (const SourceSpec& source : job.sources) {
    sources.push_back(
        {.name = source.settings.name, .format = format_name(source.settings.format)});
  }
  const auto of = [&](const FileVersion& file) -> PlannedSource* {
    const auto at = std::find_if(sources.begin(), sources.end(), [&](const PlannedSource& source) {
      return source.name == file.source;
    });
    return at == sources.end() ? nullptr : &*at;
  };
  std::set<std::pair<std::string, std::string>> known;
  for (const FileVersion& file : before.live()) known.emplace(file.source, file.relative);
  std::set<std::pair<std::string, std::string>> there;
  for (const FileVersion& file : now.live()) {
    there.emplace(file.source, file.relative);
    PlannedSource* source = of(file);
    if (source == nullptr) continue;
    ++source->files;
    source->bytes += file.size;
    if (file.ordinal < before.files.size()) continue;
    const bool changed = known.contains({file.source, file.relative});
    note(file, !before.files.empty(), changed ? source->changed : source->added);
  }
  for (const FileVersion& file : before.live()) {
    PlannedSource* source = of(file);
    if (source != nullptr && !there.contains({file.source, file.relative})) {
      note(file, true, source->vanished);
    }
  }
  return sources;
}

void look_at_tables(const Job& job, const ReadPlan& read, Planned& plan) {
  for (u32 s = 0; s < job.sources.size(); ++s) {
    const SourceSettings& settings = job.sources[s].settings;
    if (settings.format != Format::csv && settings.format != Format::tsv &&
        settings.format != Format::hdf5) {
      continue;
    }
    for (const FileVersion& file : read.catalog.live()) {
      if (file.source != settings.name) continue;
      plan.sources[s].first_types =
          first_types({read.path_of[file.ordinal], file.relative, s, file.ordinal}, settings);
      break;
    }
  }
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<RecallPoint> recalls_around(const MinHashSettings& settings) {
  std::vector<RecallPoint> points;
  const double threshold = settings.similarity.threshold.approximate();
  for (const double offset : {-0.1, -0.05, 0.0, 0.05, 0.1}) {
    const double similarity = threshold + offset;
    if (similarity <= 0 || similarity > 1) continue;
    points.push_back({similarity, expected_recall(settings.bands, similarity)});
  }
  return points;
}

// What weights mean for token shards that are there already.
std::string weighted_tokens(const Settings& write_tokens) {
  if (!write_tokens.decimal_map("shares").empty()) {
    return "token shards by shares: each new document writes all of the weighted split again";
  }
  const bool epochs = !write_tokens.decimal_map("epochs").empty();
  const bool clusters = !write_tokens.decimal_map("cluster_epochs").empty();
  return std::string("token shards by ") + (epochs ? "epochs" : "") +
         (epochs && clusters ? " and " : "") + (clusters ? "cluster_epochs" : "") +
         ": another weight writes those of the weighted split again" +
         (clusters ? ", a new duplicate those that its cluster is in" : "");
}

PlannedStep plan_step(const Job& job, const StepSpec& spec, const Step& step) {
  PlannedStep planned;
  planned.spec = &spec;
  if (step.row) {
    const std::vector<std::string> reasons = step.row->reasons();
    planned.read = std::string(step.row->changes_text() ? "changes text" : "looks at documents") +
                   (reasons.empty() ? "" : "; drops: " + listed(reasons));
  } else if (step.global) {
    planned.sketch_bytes = step.global->sketch_bytes();
    planned.compares = true;
    planned.read =
        "takes a sketch of " + (planned.sketch_bytes == GlobalOperator::kSketchesDiffer
                                    ? "each document"
                                    : grouped(planned.sketch_bytes) + " bytes a document");
    std::vector<std::string> tables;
    for (const TableKey& table : step.global->made_tables()) {
      tables.push_back("tables/" + table.name);
    }
    planned.write = listed(tables);
    if (spec.op == "tokenize" && weighs_tokens(job.write_tokens)) {
      planned.write = weighted_tokens(job.write_tokens);
    }
    const std::vector<std::string> reasons = step.global->reasons();
    const std::vector<std::string> added = step.global->added_columns();
    planned.resolve =
        (spec.op == "join"            ? "looks keys up in the table"
         : spec.op == "nearest"       ? "looks vectors up in the other dataset"
         : spec.op == "aggregate"     ? "gathers documents by key"
         : spec.op == "decontaminate" ? "judges the benchmark items that were found"
         : spec.op == "tokenize"      ? "nothing: ids go to their shards"
         : spec.op == "split"         ? "ties documents by columns, gives every group a split"
                                      : "compares sketches") +
        std::string(step.global->needs_text() ? ", verifies candidates on text" : "") +
        (added.empty() ? "" : "; adds: " + listed(added)) +
        (reasons.empty() ? "" : "; drops: " + listed(reasons));
  } else if (spec.op == "exclude") {
    planned.resolve = "takes documents down by id, before every other step";
  } else if (spec.op == "split") {
    planned.resolve = "groups documents and gives every group a split";
  }
  if (spec.op == "split") planned.write = "one folder of shards per split";
  if (spec.op == "dedup.minhash") planned.recalls = recalls_around(minhash_settings(spec.settings));
  return planned;
}

// Counts the documents of what is in the store; assumes the others to be like them.
void look_into_store(const ReadPlan& read, Planned& plan) {
  u64 documents = 0;
  std::set<std::string> columns = {"id", "source", "text"};
  for (std::size_t f = 0; f < read.fragments.size(); ++f) {
    ++plan.fragments;
    plan.bytes += read.fragments[f].bytes;
    const auto stored = stored_fragment(read, f);
    if (!stored) continue;
    plan.fragments_sketched += stored->unsketched.empty() ? 0 : 1;
    ++plan.fragments_stored;
    plan.bytes_stored += read.fragments[f].bytes;
    bool live = false;
    for (const auto& [ordinal, count] : stored->info.documents_of) {
      if (read.catalog.files[ordinal].tombstone) continue;
      documents += count;
      live = true;
    }
    if (!live) continue;
    for (const auto& [name, kinds] : stored->info.seen) columns.insert(name);
  }
  const u64 unread = plan.bytes - plan.bytes_stored;
  const u64 each =
      documents > 0 ? std::max<u64>(plan.bytes_stored / documents, 1) : kAssumedDocumentBytes;
  plan.documents = documents + unread / each + (unread % each > 0 ? 1 : 0);
  plan.documents_known = plan.fragments_stored == plan.fragments;
  if (!plan.documents_known || documents == 0) return;
  // What the sources' fields fill is for the run to say, which counts by source.
  const std::vector<SourceCounts> uncounted(read.job.sources.size());
  for (std::string& sentence : unknown_columns(read.job, columns, uncounted)) {
    plan.warnings.push_back(std::move(sentence));
  }
}

// Of the files that steps read beside the documents: which are others than those that the newest
// snapshot was made with.
void append_file_changes(const std::vector<SideFile>& before, const std::vector<SideFile>& now,
                         std::vector<JobChange>& changes) {
  std::map<std::pair<std::string, std::string>, std::string> old;
  for (const SideFile& file : before) old[{file.step, file.path}] = file.digest;
  for (const SideFile& file : now) {
    const auto was = old.find({file.step, file.path});
    if (was == old.end()) {
      changes.push_back({"steps." + file.step, "-", "the file " + file.path});
      continue;
    }
    if (was->second != file.digest) {
      changes.push_back({"steps." + file.step, "the file " + file.path, "the file has changed"});
    }
    old.erase(was);
  }
  for (const auto& [file, digest] : old) {
    changes.push_back({"steps." + file.first, "the file " + file.second, "-"});
  }
}

// What the job of the newest snapshot says otherwise.
void look_for_changes(const Job& job, const Pipeline& pipeline, const Snapshots& snapshots,
                      Planned& plan) {
  plan.newest = snapshots.newest();
  if (!plan.newest) return;
  const Manifest manifest = read_manifest(snapshots.path_of(*plan.newest) / "manifest.json");
  try {
    plan.changes = job_changes(manifest.job, manifest.overrides, job);
    if (manifest.side_files) {
      append_file_changes(*manifest.side_files, side_files(job, pipeline), plan.changes);
    }
  } catch (const ConfigError&) {
    plan.warnings.push_back("the job file of snapshot " + std::to_string(*plan.newest) +
                            " is none of this version; what changed since is not known");
  }
}

// A step may be reused when nothing is to be read.
void look_for_steps(const ReadPlan& read, const fs::path& store, Planned& plan) {
  if (!plan.documents_known) return;
  for (const Step& step : read.pipeline.steps) {
    const bool compares = step.op.starts_with("dedup.") || step.op == "nearest";
    if (compares && !step.settings->list("against").empty()) {
      for (PlannedStep& planned : plan.steps) planned.stored.reset();
      return;
    }
  }
  const std::vector<fs::path> folders = step_folders(
      read.pipeline, inputs_fingerprint(read, read.pipeline, {}, DocKey{UINT64_MAX}, {}), store);
  for (std::size_t i = 0; i < folders.size(); ++i) {
    if (folders[i].empty()) continue;
    plan.steps[read.pipeline.steps[i].position].stored = StepFile(folders[i]).committed();
  }
}

void estimate_memory(const Job& job, const Pipeline& pipeline, const PlanWishes& wishes,
                     Planned& plan) {
  plan.memory_given = wishes.memory.has_value();
  plan.memory = wishes.memory.value_or(default_memory_per_rank(wishes.ranks)).value;
  plan.floors = memory_needs(job, pipeline, wishes.ranks,
                             wishes.ranks_per_node > 0 ? wishes.ranks_per_node : wishes.ranks,
                             Exchange::smallest_memory(wishes.ranks));
  plan.smallest_memory = smallest_memory(plan.floors);
  if (plan.memory < plan.smallest_memory) {
    plan.warnings.push_back("a run needs at least " + bytes_text(plan.smallest_memory) +
                            " of memory per rank, not " + bytes_text(plan.memory));
  }
}

void estimate_scratch(const Catalog& catalog, Planned& plan) {
  for (const PlannedStep& step : plan.steps) {
    if (step.spec->op != "dedup.minhash") continue;
    const auto bands = narrow<u64>(step.spec->settings.integer("bands"));
    // A band entry is 24 bytes (operators/dedup/meeting.hpp); merging may hold it twice.
    plan.scratch.push_back(
        {step.spec->label + ": bands of all documents", plan.documents * bands * 24 * 2});
  }
  u64 text = 0;
  for (const FileVersion& file : catalog.live()) {
    text += file.size * (compressed(file.relative) ? kAssumedCompression : 1);
  }
  plan.scratch.push_back({"write: documents on their way to shards", text});
}

}  // namespace

Planned plan_run(const Job& job, const PlanWishes& wishes) {
  const fs::path output = job.output;
  Pipeline pipeline = make_pipeline(job);
  load_exclusions(pipeline);
  look_at_tables(pipeline);
  const Catalog before = load_catalog(output / "catalog.json");
  Inputs inputs = preview_catalog(job, output / "catalog.json");
  const std::string splittable = splittable_files(job, inputs.catalog, inputs.path_of);
  const ReadPlan read = make_read_plan(job, pipeline, inputs.catalog, std::move(inputs.path_of),
                                       splittable, output / "store");
  Planned plan{.job = job,
               .snapshot = Snapshots(output).current(),
               .sources = list_sources(job, before, inputs.catalog),
               .steps = {},
               .ranks = wishes.ranks,
               .floors = {},
               .scratch = {},
               .warnings = {}};
  plan.steps.resize(job.steps.size());
  for (const Step& step : pipeline.steps) {
    plan.steps[step.position] = plan_step(job, job.steps[step.position], step);
  }
  look_for_changes(job, pipeline, Snapshots(output), plan);
  look_at_tables(job, read, plan);
  look_into_store(read, plan);
  look_for_steps(read, output / "store", plan);
  estimate_memory(job, pipeline, wishes, plan);
  estimate_scratch(inputs.catalog, plan);
  for (std::string& sentence : order_warnings(pipeline)) {
    plan.warnings.push_back(std::move(sentence));
  }
  return plan;
}

}  // namespace shardmill

#include "jobs/run/pipeline.hpp"

#include <algorithm>
#include <map>

#include "engine/hash/hash.hpp"
#include "jobs/spec/declarations.hpp"
#include "operators/registry.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

// Counts up when the store's files change their meaning.
constexpr u64 kStoreVersion = 6;
constexpr u64 kMostRows = 4096;
constexpr u64 kBlockSketches = u64{8} << 20;

// A power of two, so that another setting of a step seldom makes other blocks.
u64 rows_of_block(const std::vector<Step>& steps) {
  u64 sketches = 0;
  for (const Step& step : steps) sketches += step.global ? step.global->sketch_bytes() : 0;
  u64 rows = kMostRows;
  while (rows > 1 && rows * sketches > kBlockSketches) rows /= 2;
  return rows;
}

// Fragments know row steps by their numbers.
std::string fingerprint_of_read(const Pipeline& pipeline, u64 seed) {
  Hasher128 shape;
  shape.add_number(kStoreVersion).add_number(seed).add_number(pipeline.block_rows);
  for (std::size_t i = 0; i < pipeline.steps.size(); ++i) {
    const Step& step = pipeline.steps[i];
    const bool keeps_text =
        step.global && step.global->needs_text() && pipeline.text_changes_after(i);
    if (!step.row && !keeps_text) continue;
    shape.add_number(i).add_field(step.row ? step.sketch_fingerprint : "text");
  }
  return shape.digest().hex();
}

}  // namespace

bool Pipeline::text_changes_after(std::size_t step) const {
  for (std::size_t i = step + 1; i < steps.size(); ++i) {
    if (steps[i].row && steps[i].row->changes_text()) return true;
  }
  return false;
}

std::vector<u32> Pipeline::sketching() const {
  std::vector<u32> sketching;
  for (u32 i = 0; i < steps.size(); ++i) {
    if (steps[i].global) sketching.push_back(i);
  }
  return sketching;
}

bool Pipeline::keeps_documents_for(u32 step) const {
  if (text_changes_after(step) && !steps[step].global->needs_text()) return false;
  return std::none_of(steps.begin() + step, steps.end(),
                      [](const Step& later) { return later.row && later.row->adds_fields(); });
}

fs::path sketch_file(const fs::path& fragment, const Step& step) {
  Hasher128 name;
  name.add_field(step.sketch_fingerprint).add_number(step.rows_before);
  return fragment.parent_path().parent_path() / "sketches" /
         (fragment.stem().string() + "-" + name.digest().hex() + ".seg");
}

std::string fragment_of_sketches(const fs::path& sketches) {
  const std::string name = sketches.filename().string();
  return name.substr(0, name.find('-')) + ".seg";
}

Pipeline make_pipeline(const Job& job) {
  std::vector<std::string> sources;
  for (const SourceSpec& source : job.sources) sources.push_back(source.settings.name);
  Pipeline pipeline;
  for (std::size_t i = 0; i < job.steps.size(); ++i) {
    const StepSpec& spec = job.steps[i];
    const OperatorDeclaration& declaration = *find_operator(spec.op);
    Step step;
    step.position = i;
    step.op = spec.op;
    step.label = spec.label;
    step.settings = &spec.settings;
    step.row = make_row_operator(spec.op, spec.settings, sources);
    if (!step.row) step.global = make_global_operator(spec.op, spec.label, spec.settings, sources);
    Hasher128 hash;
    hash.add_field(spec.op).add_number(declaration.version);
    hash.add_field(spec.settings.canonical());
    step.fingerprint = hash.digest().hex();
    // Only what shapes a sketch: a threshold is in none.
    if (step.row) step.sketch_fingerprint = step.fingerprint;
    if (step.global) {
      Hasher128 sketch;
      sketch.add_field(spec.op).add_number(declaration.version);
      sketch.add_field(step.global->sketch_settings());
      step.sketch_fingerprint = sketch.digest().hex();
    }
    pipeline.steps.push_back(std::move(step));
  }
  std::stable_partition(pipeline.steps.begin(), pipeline.steps.end(),
                        [](const Step& step) { return step.row || step.global; });
  std::size_t rows = 0;
  for (Step& step : pipeline.steps) {
    step.rows_before = rows;
    rows += step.row ? 1 : 0;
  }
  pipeline.block_rows = rows_of_block(pipeline.steps);
  pipeline.read_fingerprint = fingerprint_of_read(pipeline, job.seed);
  return pipeline;
}

void load_exclusions(Pipeline& pipeline) {
  if (const Step* step = pipeline.find("exclude")) {
    pipeline.excluded.emplace(step->settings->text("ids"));
  }
}

std::vector<std::string> dropping_steps(const Pipeline& pipeline) {
  std::map<std::size_t, std::string> by_position;
  for (const Step& step : pipeline.steps) {
    const bool drops = (step.global && !step.global->reasons().empty()) || step.op == "exclude" ||
                       (step.row && !step.row->reasons().empty());
    if (drops) by_position[step.position] = step.label;
  }
  std::vector<std::string> labels;
  for (auto& [position, label] : by_position) labels.push_back(std::move(label));
  return labels;
}

}  // namespace shardmill

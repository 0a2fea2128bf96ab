#include "jobs/run/pipeline.hpp"

#include <algorithm>
#include <map>

#include "engine/hash/hash.hpp"
#include "jobs/spec/declarations.hpp"
#include "operators/registry.hpp"

namespace shardmill {
namespace {

// Counts up when the store's files change their meaning.
constexpr u64 kStoreVersion = 5;

}  // namespace

bool Pipeline::text_changes_after(std::size_t step) const {
  for (std::size_t i = step + 1; i < steps.size(); ++i) {
    if (steps[i].row && steps[i].row->changes_text()) return true;
  }
  return false;
}

Pipeline make_pipeline(const Job& job) {
  std::vector<std::string> sources;
  for (const SourceSpec& source : job.sources) sources.push_back(source.settings.name);
  Pipeline pipeline;
  Hasher128 shape;
  shape.add_number(kStoreVersion).add_number(job.seed);
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
    // Only what shapes a fragment: a threshold is not in a sketch.
    if (step.row) step.sketch_fingerprint = step.fingerprint;
    if (step.global) {
      Hasher128 sketch;
      sketch.add_field(spec.op).add_number(declaration.version);
      sketch.add_field(step.global->sketch_settings()).add_number(step.global->needs_text());
      step.sketch_fingerprint = sketch.digest().hex();
    }
    if (step.row || step.global) shape.add_field(step.sketch_fingerprint);
    pipeline.steps.push_back(std::move(step));
  }
  std::stable_partition(pipeline.steps.begin(), pipeline.steps.end(),
                        [](const Step& step) { return step.row || step.global; });
  pipeline.read_fingerprint = shape.digest().hex();
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

#include "jobs/run/resolve_fingerprint.hpp"

#include "cluster/agree.hpp"
#include "engine/batch/wire.hpp"
#include "engine/hash/hash.hpp"
#include "jobs/run/exclusion.hpp"
#include "jobs/spec/declarations.hpp"
#include "operators/table/table_rows.hpp"

namespace shardmill {

std::vector<std::string> tables_of(const Step& step) {
  if (step.row) return step.row->tables();
  return step.global ? step.global->tables() : std::vector<std::string>{};
}

namespace {

// What sketches are made of beside the documents is in their names, and of row steps in those of
// fragments.
void sketch_from_tables(Pipeline& pipeline) {
  for (Step& step : pipeline.steps) {
    const bool reads =
        step.row ? !step.row->tables().empty() : step.global && step.global->sketch_reads_tables();
    if (!reads) continue;
    Hasher128 sketch;
    sketch.add_field(step.sketch_fingerprint).add_field(step.table_digest);
    step.sketch_fingerprint = sketch.digest().hex();
    if (!step.row) continue;
    Hasher128 shape;
    shape.add_field(pipeline.read_fingerprint).add_field(step.sketch_fingerprint);
    pipeline.read_fingerprint = shape.digest().hex();
  }
}

// Where the job names the tables of a step; of several files the first one that is not there.
std::string named_at(const Step& step) {
  const OperatorDeclaration& declaration = *find_operator(step.op);
  const Settings& settings = *step.settings;
  if (declaration.table_parameter != nullptr) {
    return settings.where(declaration.table_parameter) + ": ";
  }
  for (const Parameter& parameter : declaration.parameters) {
    if (parameter.kind != Kind::path || !settings.has(parameter.name)) continue;
    if (std::filesystem::exists(settings.text(parameter.name))) continue;
    return settings.where(parameter.name) + ": ";
  }
  return {};
}

void find_digests(Pipeline& pipeline) {
  for (Step& step : pipeline.steps) {
    if (tables_of(step).empty()) continue;
    try {
      step.table_digest = table_digest(tables_of(step));
    } catch (const DataError& error) {
      throw DataError(named_at(step) + step.label + ": " + error.what());
    }
  }
}

}  // namespace

void look_at_tables(Pipeline& pipeline) {
  find_digests(pipeline);
  sketch_from_tables(pipeline);
}

void look_at_tables(Communicator& control, Pipeline& pipeline) {
  const std::string digests = agree(control, [&] {
    find_digests(pipeline);
    std::string bytes;
    WireWriter out(bytes);
    for (const Step& step : pipeline.steps) out.text(step.table_digest);
    return bytes;
  });
  WireReader in(digests, "digests of tables");
  for (Step& step : pipeline.steps) step.table_digest = in.text();
  sketch_from_tables(pipeline);
}

void refuse_changed_tables(const Step& step) {
  if (step.table_digest.empty() || table_digest(step.global->tables()) == step.table_digest) return;
  throw DataError(step.label + ": its table has changed since the run began; run again");
}

std::string inputs_fingerprint(const ReadPlan& plan, const Pipeline& pipeline,
                               const std::vector<ForeignShard>& foreign, DocKey last,
                               const std::set<u64>& failed) {
  Hasher128 hash;
  hash.add_number(failed.size());
  for (const u64 ordinal : failed) hash.add_number(ordinal);
  hash.add_number(last.value);
  for (const ForeignShard& shard : foreign) hash.add_field(shard.file.filename().string());
  for (const std::filesystem::path& file : plan.files) hash.add_field(file.filename().string());
  for (std::size_t i = 0; i < plan.path_of.size(); ++i) {
    if (plan.path_of[i].empty()) hash.add_number(i);
  }
  if (pipeline.excluded) hash.add_number(pipeline.excluded->fingerprint());
  return hash.digest().hex();
}

std::vector<std::filesystem::path> step_folders(const Pipeline& pipeline, const std::string& inputs,
                                                const std::filesystem::path& store) {
  std::vector<std::filesystem::path> folders(pipeline.steps.size());
  Hasher128 chain;
  chain.add_field(inputs);
  for (std::size_t i = 0; i < pipeline.steps.size(); ++i) {
    const Step& step = pipeline.steps[i];
    if (step.row || step.global) chain.add_field(step.fingerprint);
    if (!step.table_digest.empty()) chain.add_field(step.table_digest);
    if (step.global) folders[i] = store / "steps" / chain.digest().hex();
  }
  return folders;
}

}  // namespace shardmill

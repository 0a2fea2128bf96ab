#include "jobs/run/resolve_fingerprint.hpp"

#include "engine/hash/hash.hpp"
#include "jobs/run/exclusion.hpp"

namespace shardmill {

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
  if (const Step* step = pipeline.find("exclude")) {
    hash.add_number(ExclusionList(step->settings->text("ids")).fingerprint());
  }
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
    if (step.global) folders[i] = store / "steps" / chain.digest().hex();
  }
  return folders;
}

}  // namespace shardmill

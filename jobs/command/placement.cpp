#include "jobs/command/placement.hpp"

#include "engine/hash/hash.hpp"

namespace shardmill {
namespace {

const StepSpec* split_step(const Job& job) {
  for (const StepSpec& step : job.steps) {
    if (step.op == "split") return &step;
  }
  return nullptr;
}

Splits splits_of(const Job& job) {
  const StepSpec* step = split_step(job);
  if (step == nullptr) return Splits({{"train", Decimal{1, 1}}}, job.seed);
  return Splits(step->settings.decimal_map("fractions"), job.seed);
}

}  // namespace

Job job_of(const Manifest& manifest) {
  // Paths are never followed from here, so it does not matter which folder they start in.
  return parse_job(manifest.job, "manifest.json: job", "/", manifest.overrides);
}

Placement::Placement(const Job& job)
    : shuffle_seed_(seed_for("shuffle", job.seed)),
      splits_(splits_of(job)),
      by_cluster_(split_step(job) == nullptr || split_step(job)->settings.text("by") == "cluster") {
  if (const StepSpec* step = split_step(job)) lineage_ = step->settings.list("group_by");
}

u64 Placement::place(std::string_view id, u64 copy) const {
  return hash64(id, shuffle_seed_ + copy);
}

const std::string& Placement::split(std::string_view id,
                                    std::optional<std::string_view> root_id) const {
  return splits_.names()[splits_.of(by_cluster_ ? root_id.value_or(id) : id)];
}

}  // namespace shardmill

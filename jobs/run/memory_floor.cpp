#include "jobs/run/memory_floor.hpp"

#include <algorithm>

#include "engine/exchange/exchange.hpp"
#include "jobs/spec/scalar.hpp"
#include "operators/write/sample_packer.hpp"

namespace shardmill {
namespace {

// A record of nothing but small numbers, as the JSON parser holds it, beside its line and columns:
// measured (tests/jobs/run/test_memory.py), in bytes for each byte of the record.
constexpr u64 kReading = 13;
// Open at once: candidates, crowded buckets and their groups (operators/dedup/meeting.cpp).
constexpr u64 kExchanges = 3;
// Leases of the stages, down to which they only get slower: most of them of dedup.minhash on a
// night whose documents are not kept by arrival, after another step
// (tests/jobs/run/test_memory.py).
constexpr u64 kStages = u64{24} << 20;
// What is held of each further step that compares documents until all of them have.
constexpr u64 kStep = u64{2} << 20;
// Of these, for stages that come when others have shared out what is free.
constexpr u64 kLateStages = u64{8} << 20;

struct Longest {
  u64 bytes = 0;
  std::string where;
};

// Of the sources, and of the tables that steps read.
Longest longest_record(const Job& job) {
  Longest longest;
  for (const SourceSpec& source : job.sources) {
    if (source.settings.max_record <= longest.bytes) continue;
    longest = {source.settings.max_record, "source " + source.settings.name};
  }
  for (const StepSpec& step : job.steps) {
    if (!step.settings.has("max_record")) continue;
    const u64 bytes = step.settings.size("max_record").value;
    if (bytes > longest.bytes) longest = {bytes, step.label};
  }
  return longest;
}

u64 copies_of_record(const Pipeline& pipeline) {
  u64 copies = kReading;
  for (const Step& step : pipeline.steps) {
    if (step.global) copies = std::max(copies, step.global->memory_per_text_byte());
  }
  return copies;
}

u64 stages(const Pipeline& pipeline) {
  const auto compare = std::count_if(pipeline.steps.begin(), pipeline.steps.end(),
                                     [](const Step& step) { return step.global != nullptr; });
  return kStages + kStep * static_cast<u64>(std::max<i64>(compare - 2, 0));
}

u64 held_by(const Step& step, u32 on_machine) {
  if (step.row) return step.row->memory_held();
  if (!step.global) return 0;
  const u64 shared = step.global->memory_shared();
  return step.global->memory_held() - shared + (shared + on_machine - 1) / on_machine;
}

}  // namespace

u64 record_memory(const Job& job, const Pipeline& pipeline) {
  return longest_record(job).bytes * copies_of_record(pipeline);
}

u64 held_memory(const Pipeline& pipeline, u32 on_machine) {
  u64 held = 0;
  for (const Step& step : pipeline.steps) held += held_by(step, on_machine);
  return held;
}

u64 window_memory(const Job& job) {
  return job.samples ? SamplePacker::window_bytes(*job.samples) : 0;
}

u64 memory_kept_free(u64 exchange) { return kExchanges * exchange + kLateStages; }

std::vector<NamedBytes> memory_needs(const Job& job, const Pipeline& pipeline, u32 ranks,
                                     u32 on_machine, u64 exchange) {
  const Longest longest = longest_record(job);
  std::vector<NamedBytes> needs = {
      {std::to_string(copies_of_record(pipeline)) + " times max_record of " + longest.where,
       record_memory(job, pipeline)}};
  for (const Step& step : pipeline.steps) {
    const u64 held = held_by(step, on_machine);
    if (held > 0) needs.push_back({"what " + step.label + " looks things up in", held});
  }
  if (const u64 window = window_memory(job); window > 0) {
    needs.push_back({"a window of documents for best_fit", window});
  }
  if (ranks > 1) {
    needs.push_back({"frames for " + std::to_string(ranks - 1) + (ranks == 2 ? " peer" : " peers") +
                         " in " + std::to_string(kExchanges) + " exchanges",
                     kExchanges * exchange});
  }
  needs.push_back({"all stages, with everything on scratch", stages(pipeline)});
  constexpr u64 kMib = u64{1} << 20;
  for (NamedBytes& need : needs) need.bytes = (need.bytes + kMib - 1) / kMib * kMib;
  return needs;
}

u64 smallest_memory(const std::vector<NamedBytes>& needs) {
  u64 sum = 0;
  for (const NamedBytes& need : needs) sum += need.bytes;
  return std::max(sum, Budget::kSmallest);
}

void refuse_small_memory(const Job& job, const Pipeline& pipeline, const Cluster& cluster,
                         u32 on_machine) {
  const u64 memory = cluster.budget.total();
  const std::vector<NamedBytes> needs =
      memory_needs(job, pipeline, cluster.size(), on_machine, Exchange::smallest_memory(cluster));
  const u64 smallest = smallest_memory(needs);
  if (memory >= smallest) return;
  std::string sum;
  for (const NamedBytes& need : needs) {
    sum += (sum.empty() ? "" : ", ") + need.what + ": " + bytes_text(Bytes{need.bytes});
  }
  throw ConfigError("a rank has " + bytes_text(Bytes{memory}) + " of memory, and this job needs " +
                    sum + "; give --memory " + bytes_text(Bytes{smallest}) +
                    ", or a smaller max_record");
}

}  // namespace shardmill

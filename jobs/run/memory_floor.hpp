// What a rank needs at least to run a job: known before anything is read.
#pragma once

#include <string>
#include <vector>

#include "cluster/cluster.hpp"
#include "jobs/run/pipeline.hpp"
#include "jobs/spec/job.hpp"

namespace shardmill {

struct NamedBytes {
  std::string what;  // they are for
  u64 bytes = 0;
};

// Bytes per rank that are in use at once: the copies of the longest record that the sources allow,
// frames of the exchanges, the leases of all stages at their smallest; each in whole MiB. Not here:
// what docs/memory.md says is outside the budget. `on_machine`: ranks that share this machine.
// `exchange`: Exchange::smallest_memory.
[[nodiscard]] std::vector<NamedBytes> memory_needs(const Job& job, const Pipeline& pipeline,
                                                   u32 ranks, u32 on_machine, u64 exchange);

// Their sum, and no less than any run needs.
[[nodiscard]] u64 smallest_memory(const std::vector<NamedBytes>& needs);

// The first of them: what one record of the largest size takes, beside all leases.
[[nodiscard]] u64 record_memory(const Job& job, const Pipeline& pipeline);

// What a rank holds for all steps from their first sketch to the end (memory_held of their
// operators), its share of what it holds with the other ranks of its machine.
[[nodiscard]] u64 held_memory(const Pipeline& pipeline, u32 on_machine);

// What waits to be packed into samples while a shard is written.
[[nodiscard]] u64 window_memory(const Job& job);

// Of the others, what leases must leave to those that come later (Budget::keep_free): the frames of
// all exchanges that are open at once, and some floors.
[[nodiscard]] u64 memory_kept_free(u64 exchange);

// Throws ConfigError with the sum and the settings that change it when `memory` is below it.
void refuse_small_memory(const Job& job, const Pipeline& pipeline, const Cluster& cluster,
                         u32 on_machine);

}  // namespace shardmill

// What a rank needs at least to run a job: known before anything is read.
#pragma once

#include <string>
#include <vector>

#include "jobs/run/pipeline.hpp"
#include "jobs/spec/job.hpp"

namespace shardmill {

struct MemoryNeed {
  std::string what;
  u64 bytes = 0;
};

// Bytes per rank that are in use at once: the copies of the longest record that the sources allow,
// frames of the exchanges, the leases of all stages at their smallest; each in whole MiB. Not here:
// what docs/memory.md says is outside the budget.
[[nodiscard]] std::vector<MemoryNeed> memory_needs(const Job& job, const Pipeline& pipeline,
                                                   u32 ranks);

// Their sum, and no less than any run needs.
[[nodiscard]] u64 smallest_memory(const std::vector<MemoryNeed>& needs);

// Of the largest record, with which everything else must not reckon.
[[nodiscard]] u64 record_memory(const Job& job, const Pipeline& pipeline);

// Throws ConfigError that names the largest needs and the settings that change them.
void refuse_small_memory(const Job& job, const Pipeline& pipeline, u32 ranks, u64 memory);

}  // namespace shardmill

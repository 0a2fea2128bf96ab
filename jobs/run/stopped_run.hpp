// What a run that was asked to stop says at its end: whether it got anywhere, so that whoever
// starts it again (slurm/batch_run.sh) need not do so for ever.
#pragma once

#include <filesystem>
#include <string>

#include "cluster/communicator.hpp"
#include "cluster/error.hpp"
#include "engine/observe/observer.hpp"

namespace shardmill {

// The counter to which every stage adds 1 for each fragment, step, part of one or shard that it
// commits.
inline constexpr const char* kCommitted = "committed";

// Collective. Over all stages and ranks.
[[nodiscard]] u64 committed_by_all(Communicator& control, const Observer& observer);

// Why it ended, with a hint when it committed nothing.
[[nodiscard]] std::string stopped_message(const Stopped& stopped, u64 committed);

// Rank 0 only. The line of --json: `dataset`, `path` (its folder), `stopped`, `committed`.
void print_stopped(const std::string& dataset, const std::filesystem::path& output, u64 committed);

}  // namespace shardmill

// The resolve: global steps in job order, each on what the steps before left.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "engine/observe/observer.hpp"
#include "jobs/run/added_columns.hpp"
#include "jobs/run/decisions.hpp"
#include "jobs/run/matches.hpp"
#include "jobs/run/pipeline.hpp"

namespace shardmill {

// What all global steps decided.
struct Resolution {
  Decisions decisions;                       // at the homes of the documents
  std::optional<Records<Verdict>> excluded;  // by `exclude`, sorted, at home
  Records<Edge> edges;                       // all pairs that tie documents of ours together
  std::optional<Records<Edge>> lineage;      // with a split by columns: pairs of one value
  AddedColumns added;                        // at the homes of the documents
  std::vector<MadeTable> made;
  Matches matches;         // at the homes of the documents
  u64 steps_computed = 0;  // the others came from the store
};

// Collective. Of the steps in the store: `folders` as step_folders() has them, `pairs` as
// pairs_folders(). Throws Stopped (agreed) between steps, or what a step commits, when a signal
// came.
[[nodiscard]] Resolution resolve_steps(Cluster& cluster, const Pipeline& pipeline,
                                       const Documents& documents,
                                       const std::vector<std::filesystem::path>& folders,
                                       const std::vector<std::filesystem::path>& pairs,
                                       Observer& observer);

}  // namespace shardmill

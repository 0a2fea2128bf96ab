// The resolve: global steps in job order, each on what the steps before left.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "engine/observe/observer.hpp"
#include "jobs/run/decisions.hpp"
#include "jobs/run/pipeline.hpp"

namespace shardmill {

// What all global steps decided.
struct Resolution {
  Decisions decisions;                       // at the homes of the documents
  std::optional<Records<Verdict>> excluded;  // by `exclude`, sorted, at home
  Records<Edge> edges;                       // all pairs that tie documents of ours together
  u64 steps_computed = 0;                    // the others came from the store
};

// Collective. `inputs`: fingerprint of the documents that exist and of what is excluded; a step is
// named in the store by it, by all steps up to it and by the step itself. Throws Stopped (agreed)
// between steps when a signal came.
[[nodiscard]] Resolution resolve_steps(Cluster& cluster, const Pipeline& pipeline,
                                       const Documents& documents,
                                       const std::filesystem::path& store,
                                       const std::string& inputs, Observer& observer);

}  // namespace shardmill

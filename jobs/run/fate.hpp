// What became of each document at home here, one after the other.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "jobs/run/groups.hpp"
#include "jobs/run/pipeline.hpp"
#include "jobs/run/resolve.hpp"

namespace shardmill {

// One step's decision to drop; the lowest owns the document, the others are evidence.
struct Hit {
  u32 step = 0;
  std::string reason;
  const Verdict* verdict = nullptr;  // of a global step: witness and score
  [[nodiscard]] bool has_witness() const {
    return verdict != nullptr && verdict->witness != Verdict::kNoWitness;
  }
};

struct Fate {
  bool excluded = false;
  std::vector<Hit> hits;                   // by step; empty: kept
  const Membership* membership = nullptr;  // of a document in a group of duplicates
  const Membership* lineage = nullptr;  // of one in a group that a split by columns keeps together
  std::vector<u32> changed_by;          // row steps
  std::vector<AddedValues> added;       // by steps that add columns
  std::vector<StepMatch> matches;       // by step, the best first
  [[nodiscard]] bool kept() const { return hits.empty(); }
};

// Goes through this rank's documents (hidden ones apart) in key order; the fate lives during the
// call.
void for_each_fate(
    const Pipeline& pipeline, const Documents& documents, const Resolution& resolution,
    const Groups& groups, const LineageGroups* lineage,
    const std::function<void(const Documents::Block&, std::size_t row, const Fate&)>& f);

}  // namespace shardmill

// The names of resolved steps in the store: what a run and `plan` look for.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "jobs/run/foreign.hpp"
#include "jobs/run/read_pass.hpp"

namespace shardmill {

// Patterns of the files that the step reads beside the documents, an exclude's list not among them.
[[nodiscard]] std::vector<std::string> tables_of(const Step& step);

// Fills in Step::table_digest. Reads the tables. DataError when one is not there.
void look_at_tables(Pipeline& pipeline);
// Collective: rank 0 reads them.
void look_at_tables(Communicator& control, Pipeline& pipeline);

// Reads a step's table again: what was computed from it must be kept under its name only. DataError
// when it has changed.
void refuse_changed_tables(const Step& step);

// What identifies the documents that exist: fragments, files that failed in them, tombstones,
// takedowns, other datasets, and the last document with --limit.
[[nodiscard]] std::string inputs_fingerprint(const ReadPlan& plan, const Pipeline& pipeline,
                                             const std::vector<ForeignShard>& foreign, DocKey last,
                                             const std::set<u64>& failed);

// By position in the pipeline: where the step is in the store once it is resolved; empty for steps
// that compare nothing. A step is named by the inputs, by all steps up to it, by itself and by the
// tables of these.
[[nodiscard]] std::vector<std::filesystem::path> step_folders(const Pipeline& pipeline,
                                                              const std::string& inputs,
                                                              const std::filesystem::path& store);

}  // namespace shardmill

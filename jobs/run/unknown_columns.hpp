// Columns that a job names and no document has: mostly a slip, which would otherwise drop
// everything or decide nothing without a word.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "jobs/run/input_summary.hpp"
#include "jobs/spec/job.hpp"

namespace shardmill {

// One sentence for each such name that a step reads (`filter: {where: …}`, `keep: […]`, …), and for
// each field in a source's `columns` that fills nothing. `columns`: those of the documents there
// are now, id, source and text included; what an embed step makes is there for the steps behind it.
// `counts`: by source.
[[nodiscard]] std::vector<std::string> unknown_columns(const Job& job,
                                                       std::set<std::string> columns,
                                                       const std::vector<SourceCounts>& counts);

// Throws DataError when documents are joined, tied or checked by a column that none has, or are to
// have vectors in it, and ConfigError when a step adds one that is there already and the join's
// on_conflict, if it is one, is `error`. `columns`: that shards may have, those of files that are
// gone among them; empty when there are no documents.
void check_needed_columns(const Job& job, std::set<std::string> columns);

}  // namespace shardmill

// From what a run counted to its report.
#pragma once

#include "jobs/report/report.hpp"
#include "jobs/run/manifest.hpp"
#include "jobs/run/publish.hpp"
#include "jobs/run/run_record.hpp"

namespace shardmill {

// Of a snapshot that is or will be at `location`. Rank 0 only.
[[nodiscard]] Report make_report(const std::string& location, const PublishContext& context,
                                 const Manifest& manifest, const RunRecord& record);

// Of a run that writes nothing: the shards are those it would have written.
[[nodiscard]] Report make_dry_report(const PublishContext& context, const RunCounts& counts,
                                     const ShardPlan& plan, const RunRecord& record);

}  // namespace shardmill

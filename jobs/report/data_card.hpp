// A description of a snapshot in Markdown, to publish beside a dataset or a model: what went in,
// what each step took away, what of which benchmark was found, how to read it.
#pragma once

#include <string>
#include <vector>

#include "jobs/report/report.hpp"

namespace shardmill {

// `settings`: of each step, "threshold: 0.8, …", by label in the order of the job. Says nothing of
// times and machines: snapshots of the same bytes have the same card but for their number.
[[nodiscard]] std::string data_card(
    const Report& report, const std::vector<std::pair<std::string, std::string>>& settings);

}  // namespace shardmill

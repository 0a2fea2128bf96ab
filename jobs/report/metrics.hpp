// The numbers of the last run for Prometheus, as node_exporter's textfile collector reads them:
// base units, no times of samples. A run's final state stays until the next.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jobs/report/report.hpp"

namespace shardmill {

// After a run that came to its end, whether it published or found nothing new; `now` in seconds
// since 1970.
[[nodiscard]] std::string metrics_text(const Report& report, double now);

// After one whose snapshot its checks refused, before failed_metrics_text: `before`, with what the
// checks found replaced.
[[nodiscard]] std::string refused_metrics_text(std::string_view before, std::string_view dataset,
                                               const std::vector<CheckReport>& checks);

// After one that did not come to its end: `before`, with how and when the last run ended replaced.
[[nodiscard]] std::string failed_metrics_text(std::string_view before, std::string_view dataset,
                                              int exit_code, double now);

}  // namespace shardmill

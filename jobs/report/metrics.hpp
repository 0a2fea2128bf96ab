// The numbers of the last run for Prometheus, as node_exporter's textfile collector reads them:
// base units, no times of samples. A run's final state stays until the next.
#pragma once

#include <string>
#include <string_view>

#include "jobs/report/report.hpp"

namespace shardmill {

// After a run that came to its end, whether it published or found nothing new; `now` in seconds
// since 1970.
[[nodiscard]] std::string metrics_text(const Report& report, double now);

// After one that did not: `before`, with how and when the last run ended replaced.
[[nodiscard]] std::string failed_metrics_text(std::string_view before, std::string_view dataset,
                                              int exit_code, double now);

}  // namespace shardmill

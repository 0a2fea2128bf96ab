// The report as plain text, at most 80 columns wide for names that are not longer.
#pragma once

#include <string>

#include "jobs/report/report.hpp"

namespace shardmill {

// All of it: report.txt.
[[nodiscard]] std::string report_text(const Report& report);

// What a run says when it is done, in a dozen lines.
[[nodiscard]] std::string summary_text(const Report& report);

}  // namespace shardmill

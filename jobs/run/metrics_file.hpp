// log/metrics.prom: what monitoring reads of the last run. A file that cannot be written fails no
// run: it is told on stderr.
#pragma once

#include <filesystem>
#include <string>

#include "jobs/report/report.hpp"

namespace shardmill {

// Rank 0.
void note_success(const std::filesystem::path& output, const Report& report);
// After a run that found nothing new since `snapshot`, whose checks still say what they said.
void note_nothing_new(const std::filesystem::path& output, Report report,
                      const std::filesystem::path& snapshot);
// What the checks found that refused a snapshot; note_failure tells the end of the run.
void note_refusal(const std::filesystem::path& output, const Report& report);
void note_failure(const std::filesystem::path& output, const std::string& dataset,
                  const std::exception& error);

}  // namespace shardmill

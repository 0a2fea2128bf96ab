// The sections of the HTML report, each empty when it has nothing to show.
#pragma once

#include <string>

#include "jobs/report/report.hpp"

namespace shardmill {

// What happened to the documents.
[[nodiscard]] std::string funnel_section(const Report& report);
// Whether they are what the job asks for.
[[nodiscard]] std::string checks_section(const Report& report);
[[nodiscard]] std::string reasons_section(const Report& report);
[[nodiscard]] std::string sources_section(const Report& report);
[[nodiscard]] std::string splits_section(const Report& report);

// What they are like.
[[nodiscard]] std::string distributions_section(const Report& report);
[[nodiscard]] std::string groups_section(const Report& report);

// What of benchmarks is in them.
[[nodiscard]] std::string contamination_section(const Report& report);

// How the run went and what it left.
[[nodiscard]] std::string time_section(const Report& report);
[[nodiscard]] std::string memory_section(const Report& report);
[[nodiscard]] std::string movement_section(const Report& report);
[[nodiscard]] std::string leases_section(const Report& report);
[[nodiscard]] std::string shards_section(const Report& report);

}  // namespace shardmill

// The time of day as logs and status files write it.
#pragma once

#include <chrono>
#include <string>

namespace shardmill {

// RFC 3339 in UTC with milliseconds, rounded down: "2024-02-29T23:59:59.999Z".
[[nodiscard]] std::string rfc3339(std::chrono::system_clock::time_point time);

}  // namespace shardmill

#include "jobs/command/slurm_time.hpp"

#include <charconv>
#include <cstdio>
#include <vector>

namespace shardmill {
namespace {

constexpr u64 kMost = u64{10} * 365 * 86400;

// The numbers between colons; empty when there is anything else.
std::vector<u64> parts_of(std::string_view text) {
  std::vector<u64> parts;
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    u64 value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    const bool whole = error == std::errc() && end == part.data() + part.size();
    if (!whole || value > kMost) return {};
    parts.push_back(value);
    if (colon == std::string_view::npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

std::optional<u64> parse_slurm_time(std::string_view text) {
  const std::size_t dash = text.find('-');
  u64 seconds = 0;
  if (dash != std::string_view::npos) {
    const std::vector<u64> days = parts_of(text.substr(0, dash));
    const std::vector<u64> rest = parts_of(text.substr(dash + 1));
    if (days.size() != 1 || rest.empty() || rest.size() > 3) return std::nullopt;
    constexpr u64 kSeconds[] = {3600, 60, 1};
    seconds = days[0] * 86400;
    for (std::size_t i = 0; i < rest.size(); ++i) seconds += rest[i] * kSeconds[i];
  } else {
    const std::vector<u64> parts = parts_of(text);
    if (parts.size() == 1) {
      seconds = parts[0] * 60;
    } else if (parts.size() == 2) {
      seconds = parts[0] * 60 + parts[1];
    } else if (parts.size() == 3) {
      seconds = parts[0] * 3600 + parts[1] * 60 + parts[2];
    } else {
      return std::nullopt;
    }
  }
  if (seconds > kMost) return std::nullopt;
  return seconds;
}

std::string slurm_time_text(u64 seconds) {
  const u64 days = seconds / 86400;
  char text[64];
  std::snprintf(text, sizeof text, "%02llu:%02llu:%02llu",
                static_cast<unsigned long long>(seconds % 86400 / 3600),
                static_cast<unsigned long long>(seconds % 3600 / 60),
                static_cast<unsigned long long>(seconds % 60));
  return (days > 0 ? std::to_string(days) + "-" : "") + text;
}

}  // namespace shardmill

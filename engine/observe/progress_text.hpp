// How far a stage is, in numbers and in words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cluster/types.hpp"

namespace shardmill {

// How far a stage is, over all ranks.
struct StageProgress {
  std::string name;
  std::string unit;  // "B" is shown in binary multiples, anything else in decimal ones
  u64 done = 0;
  u64 total = 0;  // 0: unknown
  double seconds = 0;
  bool estimated = false;  // seen from one rank of several; shown as "~"
  std::string part = {};   // the piece of the stage that the numbers are of; empty: all of it

  // 0 … 1; nothing when the total is unknown.
  [[nodiscard]] std::optional<double> share() const;
  // Units per second since the stage began; nothing before there is something to divide.
  [[nodiscard]] std::optional<double> rate() const;
  // Seconds until the total at this rate.
  [[nodiscard]] std::optional<double> eta_seconds() const;
};

// "812 B", "1.2 GiB"; "9999 documents", "12.3k documents", "4.0M".
[[nodiscard]] std::string amount_text(double amount, const std::string& unit);
// "0.3 s", "5 min 02 s", "2 h 05 min".
[[nodiscard]] std::string duration_text(double seconds);
// At most 79 ASCII columns for ASCII names, without "\r".
[[nodiscard]] std::string bar_text(const StageProgress& progress);
[[nodiscard]] std::string line_text(const StageProgress& progress);
// `whole`: the stage came to its own end.
[[nodiscard]] std::string end_text(const StageProgress& progress, bool whole);
// With "?" for control characters: one message stays one line and cannot steer a terminal.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace shardmill

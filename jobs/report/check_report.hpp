// What a check of a new snapshot has found.
#pragma once

#include <optional>
#include <string>

#include "cluster/types.hpp"

namespace shardmill {

struct CheckReport {
  enum class Outcome : u8 { ok, failed, skipped };

  std::string name;
  std::string check;
  bool only_warns = false;
  Outcome outcome = Outcome::skipped;
  // What was measured; nothing when it was skipped. Of counts, shares and distances (in millionths)
  // also as two integers.
  std::optional<double> measured;
  std::optional<u64> numerator;
  std::optional<u64> denominator;
  std::string minimum;  // what is allowed, as the job has it; empty: no limit
  std::string maximum;
  std::string note;  // why it was skipped; of what was measured when that is not plain

  [[nodiscard]] bool failed() const { return outcome == Outcome::failed; }
  // Whether the snapshot must not be published.
  [[nodiscard]] bool refuses() const { return failed() && !only_warns; }
};

[[nodiscard]] const char* outcome_name(CheckReport::Outcome outcome);
// "0.93 (93 of 100)"; "-" when it was skipped.
[[nodiscard]] std::string measured_text(const CheckReport& check);
// "at least 0.95, at most 1"
[[nodiscard]] std::string allowed_text(const CheckReport& check);
// One line: "check completeness:author failed: 0.93 (93 of 100), allowed at least 0.95".
[[nodiscard]] std::string check_sentence(const CheckReport& check);

// The same without the outcome: "completeness:author: 0.93 (93 of 100), allowed at least 0.95".
[[nodiscard]] std::string check_finding(const CheckReport& check);

// A JSON object.
[[nodiscard]] std::string check_json(const CheckReport& check);

}  // namespace shardmill

// What is known of the values of one column: of a shard, or of all.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/checks/histogram.hpp"
#include "jobs/checks/value_test.hpp"

namespace shardmill {

// Counts only: profiles of shards added in any order give the profile of all.
struct ColumnProfile {
  // Values of texts and bools are counted one by one as long as there are no more than this, and
  // none is longer.
  static constexpr std::size_t kMostValues = 1000;
  static constexpr std::size_t kLongestValue = 128;  // bytes

  struct Tested {
    u64 inside = 0;
    u64 gave_up = 0;  // not inside: a pattern took too long
    bool operator==(const Tested&) const = default;
  };

  u64 rows = 0;
  u64 present = 0;
  Histogram numbers;
  Histogram lengths;                  // bytes of texts
  std::map<std::string, u64> values;  // of texts and bools; empty with `many_values`
  bool many_values = false;
  std::map<std::string, Tested> tested;  // by the test's name

  // A present value; `tests` have their counts in `tested` already.
  void add(Type type, std::string_view bytes, std::vector<ValueTest>& tests);
  void add(const ColumnProfile& other);
  // Numbers; of a column without any the lengths of its texts.
  [[nodiscard]] const Histogram& magnitudes() const { return numbers.empty() ? lengths : numbers; }
  bool operator==(const ColumnProfile&) const = default;

 private:
  void count_value(std::string_view value, u64 times);
};

// One JSON object, without what was tested where `of_shard` is false; and back. Numbers are exact.
[[nodiscard]] std::string to_json(const ColumnProfile& profile, bool of_shard);
// DataError naming `where`.
[[nodiscard]] ColumnProfile profile_from_json(const std::string& text, const std::string& where);

// Profiles of columns by name, as profile.json has them, and back.
using ColumnProfiles = std::map<std::string, ColumnProfile>;
[[nodiscard]] std::string to_json(const ColumnProfiles& profiles);
[[nodiscard]] ColumnProfiles profiles_from_json(const std::string& text, const std::string& where);

}  // namespace shardmill

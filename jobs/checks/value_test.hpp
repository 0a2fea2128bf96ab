// What in_range, in_set and pattern ask of a single value.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "engine/batch/batch.hpp"
#include "jobs/spec/job.hpp"
#include "operators/text/pattern.hpp"

namespace shardmill {

class ValueTest {
 public:
  // Of one of these three; nothing of other checks.
  [[nodiscard]] static std::optional<ValueTest> of(const CheckSpec& check);

  enum class Answer : u8 { inside, outside, gave_up };
  // A present value of a published column: its type, and its bytes as the shard has them.
  [[nodiscard]] Answer answer(Type type, std::string_view bytes);

  // Two tests of equal names answer the same.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  // A limit as decimals are written, for int64, and as the nearest double.
  struct Limit {
    Decimal exact;
    double nearest = 0;
  };
  ValueTest() = default;
  [[nodiscard]] bool in_range(Type type, std::string_view bytes) const;
  [[nodiscard]] bool in_set(Type type, std::string_view bytes) const;

  std::string name_;
  bool is_range_ = false;
  std::optional<Limit> low_;
  std::optional<Limit> high_;
  std::set<std::string, std::less<>> texts_;
  std::set<double> numbers_;
  std::optional<Pattern> pattern_;
};

// A number of a published column.
[[nodiscard]] bool is_number(Type type);
[[nodiscard]] double number_of(Type type, std::string_view bytes);
// Whether a column's values are texts: with a length, and with what a pattern may be found in.
[[nodiscard]] bool is_text(Type type);
// The double nearest to a decimal number.
[[nodiscard]] double nearest_double(const Decimal& decimal);

}  // namespace shardmill

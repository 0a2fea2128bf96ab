// `stars >= 5`, `lang == "en"`: one column compared with one value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "cluster/types.hpp"

namespace shardmill {

// Number with number compares numerically (as integers when both fit i64, else as doubles), string
// with string by the bytes of the decoded text, boolean with boolean by == and != only. A column
// that is absent, null or of another type than the value never holds, not even for !=.
class Comparison {
 public:
  enum class Operator : u8 { equal, different, less, less_or_equal, greater, greater_or_equal };
  using Value = std::variant<i64, double, std::string, bool>;

  // Reads `column op value`, the value a JSON number, string, true or false. A column whose name
  // holds spaces or operator signs is written as a JSON string. Nothing and a `fault` when wrong.
  [[nodiscard]] static std::optional<Comparison> parse(std::string_view text, std::string& fault);
  // The same; ConfigError instead of a fault.
  [[nodiscard]] static Comparison parse(std::string_view text);

  [[nodiscard]] const std::string& column() const { return column_; }
  [[nodiscard]] Operator op() const { return operator_; }
  [[nodiscard]] const Value& value() const { return value_; }

  // Whether it holds for a field given as one valid JSON value without space around it.
  [[nodiscard]] bool holds(std::optional<std::string_view> raw_json) const;
  // Whether it holds for a column that is text itself: `id`, `source`, `text`.
  [[nodiscard]] bool holds_text(std::string_view text) const;

 private:
  Comparison() = default;

  std::string column_;
  Operator operator_ = Operator::equal;
  Value value_;
};

}  // namespace shardmill

// Single JSON values (RFC 8259) without a parser's set-up: columns are kept as the JSON text they
// had, and a filter looks at one value of a document.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "cluster/types.hpp"

namespace shardmill {

// The text of a JSON string given with its quotes; nothing when it is not one. A surrogate
// without its pair becomes the three bytes its number would have.
[[nodiscard]] std::optional<std::string> decode_json_string(std::string_view json);

// A JSON number: i64 when it is written as an integer that fits, else the nearest double
// (infinite beyond its range); nothing when it is not one.
[[nodiscard]] std::optional<std::variant<i64, double>> decode_json_number(std::string_view json);

}  // namespace shardmill

// JSON on one line, written as it is built: enough for a log line or a status file, no parser.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "cluster/types.hpp"

namespace shardmill {

// `text` as a JSON string with its quotes. Control characters are escaped; what is not UTF-8 (file
// names may hold any bytes) becomes U+FFFD, one for each maximal subpart of an ill-formed sequence
// (The Unicode Standard 15, section 3.9).
[[nodiscard]] std::string json_string(std::string_view text);

// The shortest decimal that reads back as the same number; "null" for what JSON cannot say (NaN,
// infinities).
[[nodiscard]] std::string json_number(double value);

// One object: {"name":value,…} in the order of the calls. A name that is taken gets a "_" appended
// until it is free, so that no reader has to choose between two values.
class JsonLine {
 public:
  JsonLine& add(std::string_view name, std::string_view value);
  JsonLine& add(std::string_view name, u64 value);
  JsonLine& add(std::string_view name, double value);
  JsonLine& add(std::string_view name, std::optional<double> value);  // nothing: null
  // `json` is JSON already: another object, an array, null.
  JsonLine& add_json(std::string_view name, std::string_view json);

  // The object without a line end.
  [[nodiscard]] std::string text() const { return text_ + "}"; }

 private:
  std::set<std::string> names_;
  std::string text_ = "{";
};

}  // namespace shardmill

// The command `ops`: the operators of this version and what they can be told.
#pragma once

#include <string>

namespace shardmill {

// A table for people.
[[nodiscard]] std::string operators_text();

// One JSON object for machines: {operators: [{name, works, version, help, parameters: [{name,
// kind, default, unit, help, affects, required, choices, minimum, maximum}], presets}]}. Defaults
// are as written in a job file, null when there is none.
[[nodiscard]] std::string operators_json();

}  // namespace shardmill

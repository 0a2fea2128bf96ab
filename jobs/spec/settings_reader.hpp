// From what was written to typed values: checks one map of a job file against its declarations.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/parameter.hpp"
#include "jobs/spec/node.hpp"

namespace shardmill {

struct ReadingContext {
  std::string place;   // for messages: "step dedup.minhash", "source"
  std::string folder;  // absolute; relative paths start here
  // Keys of the map that are read elsewhere.
  std::vector<std::string> other_keys = {};
  const Settings* job = nullptr;  // for Parameter::job_default
  std::string where = {};         // of the step: what is wrong with a value that nobody wrote
};

// Reads the map (nothing counts as empty) and fills in presets and defaults. ConfigError with the
// position for an unknown key (and the nearest right one), a value of the wrong type or out of
// range, a missing required one.
[[nodiscard]] Settings read_settings(const Node& map, const std::vector<Parameter>& parameters,
                                     const std::vector<Preset>& presets,
                                     const ReadingContext& context);

// The map's settings with those checks that concern several values.
[[nodiscard]] Settings read_operator(const Node& map, const OperatorDeclaration& declaration,
                                     const ReadingContext& context);

// `path` if absolute, else below `folder`; without "." and ".." where possible, without a slash at
// the end.
[[nodiscard]] std::string absolute_path(const std::string& path, const std::string& folder);

}  // namespace shardmill

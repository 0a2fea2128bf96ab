// A job file as a tree in which every value knows where it was written.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shardmill {

struct Node {
  enum class Form { nothing, scalar, list, map };

  Form form = Form::nothing;
  std::string text = {};   // of a scalar
  bool quoted = false;     // a quoted or block scalar is a text, never a number or a boolean
  std::string where = {};  // "job.yaml:12:5" (line and column from 1) or "--set a.b=c"
  std::vector<Node> items = {};
  std::vector<std::pair<Node, Node>> entries = {};  // keys are scalars, in the order written

  // The value under a key, or nullptr.
  [[nodiscard]] const Node* find(std::string_view key) const;
  [[nodiscard]] Node* find(std::string_view key);
};

// For messages: "a list", "a map", "nothing", `abc` or the text "abc".
[[nodiscard]] std::string described(const Node& node);

// Parses YAML (JSON is a part of it) into a tree. ConfigError with `name`:line:column for wrong
// syntax, a tab in an indentation, a repeated key at any level, a key that is no scalar, an anchor,
// alias or tag, more than one document. Environment variables and ~ are not expanded.
[[nodiscard]] Node parse_yaml(const std::string& text, const std::string& name);

// Writes `a.b=value` overrides into the tree, in order. The value is YAML. Steps are addressed as
// `steps.dedup.minhash.threshold`, by position from 1 (`steps.2.threshold`) or by label
// (`steps.dedup.minhash#4.threshold`), sources by name or position. ConfigError names the override.
void apply_overrides(Node& job, const std::vector<std::string>& overrides);

}  // namespace shardmill

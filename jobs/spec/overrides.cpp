#include <algorithm>
#include <optional>

#include "cluster/error.hpp"
#include "engine/plan/spelling.hpp"
#include "jobs/spec/node.hpp"
#include "jobs/spec/scalar.hpp"

namespace shardmill {
namespace {

void stamp(Node& node, const std::string& where) {
  node.where = where;
  for (Node& item : node.items) stamp(item, where);
  for (auto& [key, value] : node.entries) {
    key.where = where;
    stamp(value, where);
  }
}

// `path` is exactly `name`, or goes on below it: then what follows the dot.
std::optional<std::string_view> below(std::string_view path, std::string_view name) {
  if (path == name) return std::string_view{};
  if (path.starts_with(name) && path[name.size()] == '.') return path.substr(name.size() + 1);
  return {};
}

// A step as a map from its operator to its settings, whichever of the two forms it was written in.
void unfold_step(Node& step) {
  if (step.form != Node::Form::scalar) return;
  Node map;
  map.form = Node::Form::map;
  map.where = step.where;
  map.entries.emplace_back(step, Node{});
  map.entries.back().second.where = step.where;
  step = std::move(map);
}

class Override {
 public:
  Override(std::string where, Node value) : where_(std::move(where)), value_(std::move(value)) {}

  void into_map(Node& map, std::string_view path) {
    if (map.form == Node::Form::nothing) map.form = Node::Form::map;
    if (map.form != Node::Form::map) {
      fail("`" + std::string(path) + "` lies below " + described(map) + ", which has no keys");
    }
    // Keys may contain dots: the longest written key that begins the path wins.
    Node* target = nullptr;
    std::string_view rest;
    std::size_t length = 0;
    for (auto& [key, value] : map.entries) {
      const auto after = below(path, key.text);
      if (after && (target == nullptr || key.text.size() > length)) {
        target = &value;
        rest = *after;
        length = key.text.size();
      }
    }
    const std::string key(path.substr(0, target == nullptr ? path.find('.') : length));
    if (key.empty()) fail("an empty name in the path");
    if (target == nullptr) {
      const auto after = below(path, key);
      if (after) rest = *after;
      Node name;
      name.form = Node::Form::scalar;
      name.text = key;
      name.where = where_;
      Node empty;
      empty.where = where_;
      map.entries.emplace_back(std::move(name), std::move(empty));
      target = &map.entries.back().second;
    }
    if (rest.empty()) {
      *target = value_;
    } else if (target->form == Node::Form::list &&
               (key == "steps" || key == "checks" || key == "sources")) {
      into_list(*target, rest, key);
    } else {
      into_map(*target, rest);
    }
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw ConfigError(where_ + ": " + what); }

  // `of`: steps or checks, which are written alike, or sources.
  void into_list(Node& list, std::string_view path, const std::string& of) {
    const bool steps = of != "sources";
    const std::string first(path.substr(0, path.find('.')));
    if (const auto position = parse_integer(first)) {
      if (*position < 1 || static_cast<u64>(*position) > list.items.size()) {
        fail("there are " + std::to_string(list.items.size()) + " entries, counted from 1; found " +
             first);
      }
      Node& item = list.items[static_cast<std::size_t>(*position - 1)];
      return steps ? into_step(item, *below(path, first)) : into_item(item, *below(path, first));
    }
    Node* found = nullptr;
    std::size_t matches = 0;
    std::string_view rest;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      Node& item = list.items[i];
      const std::string name = steps ? step_name(item) : source_name(item);
      if (name.empty()) continue;  // the strict reader reports it
      names.push_back(name);
      const auto labelled = below(path, name + "#" + std::to_string(i + 1));
      const auto named = below(path, name);
      if (!labelled && !named) continue;
      ++matches;
      found = &item;
      rest = labelled ? *labelled : *named;
    }
    if (found == nullptr) {
      const std::string wanted = steps ? std::string(path) : first;
      fail("no such " + of.substr(0, of.size() - 1) + ": `" + wanted + "`" +
           near_prefix(wanted, names));
    }
    if (matches > 1) {
      fail("several " + of + " match; address one by its position from 1: " + of + ".2.…");
    }
    return steps ? into_step(*found, rest) : into_item(*found, rest);
  }

  // The path still ends in a parameter: compare names with as many of its parts as they have.
  static std::string near_prefix(std::string_view path, const std::vector<std::string>& names) {
    for (std::size_t end = path.size(); end != std::string_view::npos && end > 0;
         end = path.rfind('.', end - 1)) {
      const std::string near = nearest(path.substr(0, end), names);
      if (!near.empty()) return "; did you mean `" + near + "`?";
    }
    return names.empty() ? "" : "; allowed: " + joined(names);
  }

  static std::string step_name(const Node& step) {
    if (step.form == Node::Form::scalar) return step.text;
    return step.entries.size() == 1 ? step.entries.front().first.text : "";
  }
  static std::string source_name(const Node& source) {
    const Node* name = source.find("name");
    return name == nullptr ? "" : name->text;
  }

  void into_step(Node& step, std::string_view rest) {
    unfold_step(step);
    if (step.entries.size() != 1) fail("the entry at " + step.where + " has no single name");
    into_item(step.entries.front().second, rest);
  }
  void into_item(Node& item, std::string_view rest) {
    if (rest.empty()) {
      item = value_;
    } else {
      into_map(item, rest);
    }
  }

  std::string where_;
  Node value_;
};

}  // namespace

void apply_overrides(Node& job, const std::vector<std::string>& overrides) {
  for (const std::string& text : overrides) {
    const std::string where = "--set " + text;
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw ConfigError(where + ": expected NAME=VALUE, for example steps.dedup.minhash.seed=1");
    }
    Node value = parse_yaml(text.substr(equals + 1), where);
    stamp(value, where);
    Override(where, std::move(value)).into_map(job, std::string_view(text).substr(0, equals));
  }
}

}  // namespace shardmill

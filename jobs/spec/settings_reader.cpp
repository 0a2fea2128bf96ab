#include "jobs/spec/settings_reader.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "cluster/error.hpp"
#include "engine/plan/spelling.hpp"
#include "jobs/spec/scalar.hpp"

namespace shardmill {
namespace {

// One value of one parameter, turned into normal form.
class ValueReader {
 public:
  ValueReader(const Parameter& parameter, const ReadingContext& context)
      : parameter_(parameter), context_(context) {}

  [[nodiscard]] Value read(const Node& node) const {
    switch (parameter_.kind) {
      case Kind::text_list:
      case Kind::path_list:
        return read_list(node);
      case Kind::text_map:
      case Kind::decimal_map:
        return read_map(node);
      case Kind::name_map:
        return read_names(node);
      default:
        return {.text = scalar(node)};
    }
  }
  // One entry of a spread map.
  [[nodiscard]] std::pair<std::string, std::string> entry(const Node& key,
                                                          const Node& value) const {
    check(key, key.text);
    if (parameter_.kind == Kind::decimal_map) return {key.text, decimal(value)};
    return {key.text, text(value)};
  }

 private:
  [[noreturn]] void fail(const Node& node, const std::string& what) const {
    throw ConfigError(node.where + ": " + what);
  }
  [[nodiscard]] std::string subject() const {
    return "`" + parameter_.name + "` in " + context_.place;
  }
  [[noreturn]] void expected(const Node& node, const std::string& what) const {
    fail(node, subject() + ": expected " + what + "; found " + described(node));
  }
  void check(const Node& node, const std::string& value) const {
    if (parameter_.fault == nullptr) return;
    const std::string fault = parameter_.fault(value);
    if (!fault.empty()) fail(node, subject() + ": " + fault);
  }

  [[nodiscard]] std::string scalar(const Node& node) const {
    switch (parameter_.kind) {
      case Kind::boolean:
        return boolean(node);
      case Kind::integer:
        return integer(node);
      case Kind::decimal: {
        const std::string value = decimal(node);
        check(node, value);
        return value;
      }
      case Kind::size:
        return size(node);
      case Kind::choice:
        return choice(node);
      case Kind::path:
        return absolute_path(text(node), context_.folder);
      default: {
        const std::string value = text(node);
        check(node, value);
        return value;
      }
    }
  }

  [[nodiscard]] std::string text(const Node& node) const {
    if (node.form != Node::Form::scalar) expected(node, "a text");
    if (node.text.empty()) expected(node, "a text that is not empty");
    return node.text;
  }

  [[nodiscard]] std::string boolean(const Node& node) const {
    if (node.form == Node::Form::scalar && !node.quoted) {
      if (node.text == "true" || node.text == "false") return node.text;
      std::string lower = node.text;
      for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      }
      if (lower == "yes" || lower == "on" || lower == "true") {
        expected(node, "true or false (write true)");
      }
      if (lower == "no" || lower == "off" || lower == "false") {
        expected(node, "true or false (write false)");
      }
    }
    expected(node, "true or false");
  }

  [[nodiscard]] std::string integer(const Node& node) const {
    const auto value = plain(node) ? parse_integer(node.text) : std::nullopt;
    if (!value) expected(node, "an integer" + range());
    check_range(node, {*value, 1});
    return std::to_string(*value);
  }

  [[nodiscard]] std::string decimal(const Node& node) const {
    const auto value = plain(node) ? Decimal::parse(node.text) : std::nullopt;
    if (!value) expected(node, "a decimal number" + range() + ", for example 0.8");
    check_range(node, *value);
    return value->text();
  }

  [[nodiscard]] std::string size(const Node& node) const {
    // A unit makes it a text in JSON: quotes are right there.
    const bool readable = plain(node) || (node.quoted && node.text.ends_with("iB"));
    const auto value = readable ? parse_bytes(node.text) : std::nullopt;
    if (!value) {
      expected(node, "a size in bytes, for example 64MiB (units: KiB, MiB, GiB, TiB)");
    }
    check_range(node, {static_cast<i64>(value->value), 1});
    return std::to_string(value->value);
  }

  [[nodiscard]] std::string choice(const Node& node) const {
    const auto& choices = parameter_.choices;
    if (node.form == Node::Form::scalar &&
        std::find(choices.begin(), choices.end(), node.text) != choices.end()) {
      return node.text;
    }
    const std::string near =
        node.form == Node::Form::scalar ? nearest(node.text, choices) : std::string();
    const std::string hint = near.empty() ? "" : "; did you mean `" + near + "`?";
    fail(node,
         subject() + ": expected one of " + joined(choices) + "; found " + described(node) + hint);
  }

  [[nodiscard]] Value read_list(const Node& node) const {
    Value value;
    if (node.form == Node::Form::scalar) {
      if (parameter_.is_command && node.text.find(' ') != std::string::npos) {
        expected(node, "a list of a program and its arguments, for example [" +
                           with_commas(node.text) + "]");
      }
      value.list.push_back(item(node));
    } else if (node.form == Node::Form::list) {
      for (const Node& n : node.items) value.list.push_back(item(n));
    } else {
      expected(node, "a list");
    }
    if (parameter_.at_most != 0 && value.list.size() > parameter_.at_most) {
      fail(node, subject() + ": at most " + std::to_string(parameter_.at_most) +
                     " entries; found " + std::to_string(value.list.size()));
    }
    if (parameter_.required && value.list.empty()) expected(node, "at least one entry");
    return value;
  }
  [[nodiscard]] std::string item(const Node& node) const {
    const std::string value = text(node);
    check(node, value);
    return parameter_.kind == Kind::path_list ? absolute_path(value, context_.folder) : value;
  }

  [[nodiscard]] Value read_map(const Node& node) const {
    if (node.form != Node::Form::map) expected(node, "a map");
    Value value;
    for (const auto& [key, n] : node.entries) value.map.push_back(entry(key, n));
    return value;
  }

  [[nodiscard]] Value read_names(const Node& node) const {
    if (node.form == Node::Form::map) return read_map(node);
    Value value;
    const auto add = [&](const Node& n) {
      const std::string name = text(n);
      check(n, name);
      const auto same = [&](const auto& pair) { return pair.first == name; };
      if (std::any_of(value.map.begin(), value.map.end(), same)) {
        fail(n, subject() + ": `" + name + "` is repeated");
      }
      value.map.emplace_back(name, name);
    };
    if (node.form == Node::Form::scalar) {
      add(node);
    } else if (node.form == Node::Form::list) {
      for (const Node& n : node.items) add(n);
    } else {
      expected(node, "a name, a list of names or a map");
    }
    if (parameter_.required && value.map.empty()) expected(node, "at least one name");
    return value;
  }

  // "a  b c" as "a, b, c".
  [[nodiscard]] static std::string with_commas(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return joined(words);
  }

  [[nodiscard]] static bool plain(const Node& node) {
    return node.form == Node::Form::scalar && !node.quoted;
  }

  // " above 0 and at most 1"
  [[nodiscard]] std::string range() const {
    std::string result;
    if (!parameter_.minimum.empty()) {
      result += (parameter_.above_minimum ? " above " : " of at least ") + parameter_.minimum;
    }
    if (!parameter_.maximum.empty()) {
      result += (result.empty() ? " of at most " : " and at most ") + parameter_.maximum;
    }
    return result;
  }
  void check_range(const Node& node, Decimal value) const {
    const auto low = Decimal::parse(parameter_.minimum);
    const auto high = Decimal::parse(parameter_.maximum);
    const bool below = low && (parameter_.above_minimum ? value <= *low : value < *low);
    if (below || (high && value > *high)) expected(node, "a number" + range());
  }

  const Parameter& parameter_;
  const ReadingContext& context_;
};

class SettingsReader {
 public:
  SettingsReader(const Node& map, const std::vector<Parameter>& parameters,
                 const std::vector<Preset>& presets, const ReadingContext& context)
      : map_(map), parameters_(parameters), presets_(presets), context_(context) {}

  [[nodiscard]] Settings read() {
    if (map_.form != Node::Form::map && map_.form != Node::Form::nothing) {
      throw ConfigError(map_.where + ": the settings of " + context_.place +
                        " must be a map; found " + described(map_));
    }
    refuse_unknown_keys();
    for (const Parameter& parameter : parameters_) read_parameter(parameter);
    return std::move(settings_);
  }

 private:
  [[nodiscard]] const Parameter* spread() const {
    for (const Parameter& parameter : parameters_) {
      if (parameter.spread) return &parameter;
    }
    return nullptr;
  }
  // Keys that a map may hold, apart from the entries of a spread map.
  [[nodiscard]] std::vector<std::string> keys() const {
    std::vector<std::string> result;
    for (const Parameter& parameter : parameters_) {
      if (!parameter.spread) result.push_back(parameter.name);
    }
    result.insert(result.end(), context_.other_keys.begin(), context_.other_keys.end());
    return result;
  }

  void refuse_unknown_keys() const {
    const std::vector<std::string> allowed = keys();
    for (const auto& [key, value] : map_.entries) {
      if (std::find(allowed.begin(), allowed.end(), key.text) != allowed.end()) continue;
      // Beside a spread map any name is right for a number; a text is a misspelt key.
      const bool is_number = value.form == Node::Form::scalar && Decimal::parse(value.text);
      if (spread() != nullptr && (is_number || nearest(key.text, allowed).empty())) continue;
      throw ConfigError(key.where + ": unknown key `" + key.text + "` in " + context_.place +
                        suggestion(key.text, allowed));
    }
  }

  void read_parameter(const Parameter& parameter) {
    const ValueReader reader(parameter, context_);
    if (parameter.spread) return read_spread(parameter, reader);
    for (const auto& [key, value] : map_.entries) {
      if (key.text != parameter.name) continue;
      if (value.form == Node::Form::nothing) {
        throw ConfigError(key.where + ": `" + parameter.name + "` in " + context_.place +
                          " has no value; leave the key out to get the default");
      }
      settings_.set(parameter, reader.read(value), value.where);
      return;
    }
    if (parameter.required) {
      throw ConfigError(map_.where + ": " + context_.place + " needs the key `" + parameter.name +
                        "`" + (parameter.help.empty() ? "" : " (" + parameter.help + ")"));
    }
    fill(parameter, reader);
  }

  void read_spread(const Parameter& parameter, const ValueReader& reader) {
    const std::vector<std::string> others = keys();
    Value value;
    std::string where;
    for (const auto& [key, node] : map_.entries) {
      if (std::find(others.begin(), others.end(), key.text) != others.end()) continue;
      value.map.push_back(reader.entry(key, node));
      if (where.empty()) where = key.where;
    }
    if (value.map.empty() && parameter.required) {
      throw ConfigError(map_.where + ": " + context_.place + " needs at least one entry (" +
                        parameter.help + ")");
    }
    settings_.set(parameter, std::move(value), where.empty() ? "default" : where);
  }

  // A value that the job does not set: from the preset, from the job's top level, or the default.
  void fill(const Parameter& parameter, const ValueReader& reader) {
    Node node{.form = Node::Form::scalar, .text = parameter.default_value, .where = "default"};
    if (settings_.has("preset")) {
      for (const Preset& preset : presets_) {
        if (preset.name != settings_.text("preset")) continue;
        for (const auto& [name, text] : preset.values) {
          if (name != parameter.name) continue;
          node.text = text;
          node.where = "preset " + preset.name;
        }
      }
    }
    if (!parameter.job_default.empty() && context_.job != nullptr) {
      node.text = context_.job->shown(parameter.job_default);
      node.where = context_.job->where(parameter.job_default);
    }
    const bool many = parameter.kind == Kind::text_list || parameter.kind == Kind::path_list ||
                      parameter.kind == Kind::text_map || parameter.kind == Kind::name_map ||
                      parameter.kind == Kind::decimal_map;
    if (parameter.kind == Kind::text_list && !node.text.empty()) {
      Node list = parse_yaml(node.text, node.where);
      list.where = node.where;
      settings_.set(parameter, reader.read(list), node.where);
    } else if (many) {
      settings_.set(parameter, {}, "default");
    } else if (node.text.empty()) {
      settings_.unset(parameter);
    } else {
      settings_.set(parameter, reader.read(node), node.where);
    }
  }

  const Node& map_;
  const std::vector<Parameter>& parameters_;
  const std::vector<Preset>& presets_;
  const ReadingContext& context_;
  Settings settings_;
};

}  // namespace

Settings read_settings(const Node& map, const std::vector<Parameter>& parameters,
                       const std::vector<Preset>& presets, const ReadingContext& context) {
  return SettingsReader(map, parameters, presets, context).read();
}

Settings read_operator(const Node& map, const OperatorDeclaration& declaration,
                       const ReadingContext& context) {
  Settings settings = read_settings(map, declaration.parameters, declaration.presets, context);
  if (declaration.fault != nullptr) {
    const auto [parameter, fault] = declaration.fault(settings);
    if (!fault.empty()) {
      throw ConfigError(settings.where_or(parameter, context.where) + ": " + context.place + ": " +
                        fault);
    }
  }
  return settings;
}

std::string absolute_path(const std::string& path, const std::string& folder) {
  std::string result = (std::filesystem::path(folder) / path).lexically_normal().string();
  while (result.size() > 1 && result.back() == '/') result.pop_back();
  return result;
}

}  // namespace shardmill

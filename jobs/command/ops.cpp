#include "jobs/command/ops.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/plan/spelling.hpp"
#include "jobs/spec/declarations.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

const char* works_name(OperatorDeclaration::Works works) {
  return works == OperatorDeclaration::Works::row ? "row" : "global";
}

bool by_preset(const OperatorDeclaration& declaration, const std::string& parameter) {
  for (const Preset& preset : declaration.presets) {
    for (const auto& [name, value] : preset.values) {
      if (name == parameter) return true;
    }
  }
  return false;
}

// "default 0.8", "no default", "required", "default by preset", "default the job's seed".
std::string default_text(const OperatorDeclaration& declaration, const Parameter& parameter) {
  if (parameter.required) return "required";
  if (by_preset(declaration, parameter.name)) return "default by preset";
  if (!parameter.job_default.empty()) return "default the job's " + parameter.job_default;
  return parameter.default_value.empty() ? "no default" : "default " + parameter.default_value;
}

std::string kind_text(const Parameter& parameter) {
  std::string result = kind_name(parameter.kind);
  if (parameter.kind == Kind::choice) {
    result.clear();
    for (const std::string& c : parameter.choices) result += (result.empty() ? "" : "|") + c;
  }
  return result;
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

// A help text from column 22 on, broken before column 80.
std::string wrapped(const std::string& help) {
  constexpr std::size_t kIndent = 22;
  constexpr std::size_t kWidth = 80;
  std::istringstream words(help);
  std::string result;
  std::string line;
  for (std::string word; words >> word;) {
    if (!line.empty() && kIndent + line.size() + 1 + word.size() > kWidth) {
      result += std::string(kIndent, ' ') + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return result + std::string(kIndent, ' ') + line + "\n";
}

Json parameter_json(const OperatorDeclaration& declaration, const Parameter& parameter) {
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  Json json = {{"name", parameter.name},
               {"kind", kind_name(parameter.kind)},
               {"default", or_null(parameter.default_value)},
               {"by_preset", by_preset(declaration, parameter.name)},
               {"job_default", or_null(parameter.job_default)},
               {"required", parameter.required},
               {"unit", or_null(parameter.unit)},
               {"help", parameter.help},
               {"affects", affects_name(parameter.affects)}};
  if (!parameter.choices.empty()) json["choices"] = parameter.choices;
  if (!parameter.minimum.empty()) {
    json[parameter.above_minimum ? "above" : "minimum"] = parameter.minimum;
  }
  if (!parameter.maximum.empty()) json["maximum"] = parameter.maximum;
  return json;
}

std::string parameters_text(const OperatorDeclaration& declaration) {
  std::string result;
  for (const Parameter& parameter : declaration.parameters) {
    result += "  " + padded(parameter.spread ? "NAME" : parameter.name, 20) +
              padded(kind_text(parameter), 12) + "  " + default_text(declaration, parameter) +
              (parameter.unit.empty() ? "" : ", in " + parameter.unit) + "; affects " +
              affects_name(parameter.affects) + "\n" + wrapped(parameter.help);
  }
  return result;
}

Json parameters_json(const OperatorDeclaration& declaration) {
  Json parameters = Json::array();
  for (const Parameter& parameter : declaration.parameters) {
    parameters.push_back(parameter_json(declaration, parameter));
  }
  return parameters;
}

}  // namespace

std::string operators_text() {
  std::string result;
  for (const OperatorDeclaration& declaration : operator_declarations()) {
    if (!result.empty()) result += "\n";
    result += declaration.name + " (" + works_name(declaration.works) + ", version " +
              std::to_string(declaration.version) + "): " + declaration.help + "\n";
    if (!declaration.lacks.empty()) result += "  cannot run: needs " + declaration.lacks + "\n";
    result += parameters_text(declaration);
    for (const Preset& preset : declaration.presets) {
      std::string values;
      for (const auto& [name, value] : preset.values) {
        values += (values.empty() ? "" : ", ") + name + " " + value;
      }
      result += "  preset " + padded(preset.name, 13) + values + "\n";
    }
  }
  for (const OperatorDeclaration& check : check_declarations()) {
    result += "\n" + check.name + " (check): " + check.help + "\n" + parameters_text(check);
  }
  return result;
}

std::string operators_json() {
  Json operators = Json::array();
  for (const OperatorDeclaration& declaration : operator_declarations()) {
    Json presets = Json::object();
    for (const Preset& preset : declaration.presets) {
      for (const auto& [name, value] : preset.values) presets[preset.name][name] = value;
    }
    operators.push_back({{"name", declaration.name},
                         {"works", works_name(declaration.works)},
                         {"version", declaration.version},
                         {"help", declaration.help},
                         {"lacks", declaration.lacks.empty() ? Json() : Json(declaration.lacks)},
                         {"parameters", parameters_json(declaration)},
                         {"presets", std::move(presets)}});
  }
  Json checks = Json::array();
  for (const OperatorDeclaration& check : check_declarations()) {
    checks.push_back(
        {{"name", check.name}, {"help", check.help}, {"parameters", parameters_json(check)}});
  }
  return Json{{"operators", std::move(operators)}, {"checks", std::move(checks)}}.dump(2) + "\n";
}

}  // namespace shardmill

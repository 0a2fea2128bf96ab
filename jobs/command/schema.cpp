#include "jobs/command/schema.hpp"

#include <nlohmann/json.hpp>

#include "jobs/spec/declarations.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

// A scalar that is read as text may be written like a number or a boolean: `dataset: 2024`.
Json text_schema() { return {{"type", {"string", "number", "boolean"}}}; }

void add_bounds(Json& schema, const Parameter& parameter) {
  if (!parameter.minimum.empty()) {
    schema[parameter.above_minimum ? "exclusiveMinimum" : "minimum"] =
        Json::parse(parameter.minimum);
  }
  if (!parameter.maximum.empty()) schema["maximum"] = Json::parse(parameter.maximum);
}

Json number_schema(const char* type, const Parameter& parameter) {
  Json schema = {{"type", type}};
  add_bounds(schema, parameter);
  return schema;
}

Json value_schema(const Parameter& parameter) {
  switch (parameter.kind) {
    case Kind::boolean:
      return {{"type", "boolean"}};
    case Kind::integer:
      return number_schema("integer", parameter);
    case Kind::decimal:
      return number_schema("number", parameter);
    case Kind::size:
      return {{"anyOf",
               {number_schema("integer", parameter),
                {{"type", "string"}, {"pattern", "^[0-9]+(KiB|MiB|GiB|TiB)$"}}}}};
    case Kind::choice:
      return {{"enum", parameter.choices}};
    case Kind::text:
    case Kind::path:
      return text_schema();
    case Kind::text_list:
    case Kind::path_list: {
      Json list = {{"type", "array"}, {"items", text_schema()}};
      if (parameter.at_most != 0) list["maxItems"] = parameter.at_most;
      if (parameter.required) list["minItems"] = 1;
      return {{"anyOf", {text_schema(), std::move(list)}}};
    }
    case Kind::text_map:
      return {{"type", "object"}, {"additionalProperties", text_schema()}};
    case Kind::name_map:
      return {{"anyOf",
               {text_schema(),
                {{"type", "array"}, {"items", text_schema()}},
                {{"type", "object"}, {"additionalProperties", text_schema()}}}}};
    case Kind::decimal_map:
      return {{"type", "object"}, {"additionalProperties", number_schema("number", parameter)}};
  }
  throw InternalError("a parameter of an unknown kind");
}

std::string description(const Parameter& parameter) {
  return parameter.help + (parameter.unit.empty() ? "" : " (" + parameter.unit + ")");
}

// The default as a value of its kind, where JSON can say it.
void add_default(Json& schema, const Parameter& parameter) {
  if (parameter.default_value.empty()) return;
  const bool literal = parameter.kind == Kind::boolean || parameter.kind == Kind::integer ||
                       parameter.kind == Kind::decimal;
  schema["default"] =
      literal ? Json::parse(parameter.default_value) : Json(parameter.default_value);
}

Json object_schema(const std::vector<Parameter>& parameters) {
  Json schema = {{"type", "object"},
                 {"properties", Json::object()},
                 {"required", Json::array()},
                 {"additionalProperties", false}};
  for (const Parameter& parameter : parameters) {
    if (parameter.spread) {
      schema["additionalProperties"] = number_schema("number", parameter);
      continue;
    }
    Json value = value_schema(parameter);
    value["description"] = description(parameter);
    add_default(value, parameter);
    schema["properties"][parameter.name] = std::move(value);
    if (parameter.required) schema["required"].push_back(parameter.name);
  }
  return schema;
}

Json steps_schema() {
  Json bare = Json::array();
  Json properties = Json::object();
  for (const OperatorDeclaration& declaration : operator_declarations()) {
    bool required = false;
    for (const Parameter& parameter : declaration.parameters) required |= parameter.required;
    Json settings = object_schema(declaration.parameters);
    settings["description"] = declaration.help;
    // Without required settings an operator may stand alone or with an empty value.
    if (!required) {
      bare.push_back(declaration.name);
      settings["type"] = {"object", "null"};
    }
    properties[declaration.name] = std::move(settings);
  }
  const Json with_settings = {{"type", "object"},
                              {"properties", std::move(properties)},
                              {"additionalProperties", false},
                              {"minProperties", 1},
                              {"maxProperties", 1}};
  return {{"type", {"array", "null"}},
          {"description", "operators, in the order in which they work"},
          {"items", {{"anyOf", {with_settings, {{"enum", std::move(bare)}}}}}}};
}

Json checks_schema() {
  Json properties = Json::object();
  for (const OperatorDeclaration& check : check_declarations()) {
    properties[check.name] = object_schema(check.parameters);
    properties[check.name]["description"] = check.help;
  }
  return {{"type", {"array", "null"}},
          {"description", "what a new snapshot must meet before it is published"},
          {"items",
           {{"type", "object"},
            {"properties", std::move(properties)},
            {"additionalProperties", false},
            {"minProperties", 1},
            {"maxProperties", 1}}}};
}

}  // namespace

std::string job_schema() {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "A shardmill job file"}};
  schema.update(object_schema(job_section().parameters));
  Json& properties = schema["properties"];
  properties["sources"] = {{"type", "array"},
                           {"minItems", 1},
                           {"description", "what to read"},
                           {"items", object_schema(source_section().parameters)}};
  schema["required"].push_back("sources");
  properties["tables"] = {{"type", {"object", "null"}},
                          {"description", "tables by name, for steps that read them"},
                          {"additionalProperties", object_schema(table_section().parameters)}};
  properties["steps"] = steps_schema();
  properties["checks"] = checks_schema();
  Json text = object_schema(write_text_section().parameters);
  text["type"] = {"object", "null"};
  Json tokens = object_schema(write_tokens_section().parameters);
  tokens["type"] = {"object", "null"};
  properties["write"] = {{"type", {"object", "null"}},
                         {"properties", {{"text", std::move(text)}, {"tokens", std::move(tokens)}}},
                         {"additionalProperties", false}};
  Json tolerate = object_schema(tolerate_section().parameters);
  tolerate["type"] = {"object", "null"};
  properties["tolerate"] = std::move(tolerate);
  return schema.dump(2) + "\n";
}

}  // namespace shardmill

#include "jobs/spec/named_tables.hpp"

#include <vector>

#include "cluster/error.hpp"
#include "engine/plan/spelling.hpp"
#include "jobs/spec/declarations.hpp"
#include "jobs/spec/settings_reader.hpp"

namespace shardmill {

void check_tables(const Node& tables, const std::string& folder) {
  if (tables.form == Node::Form::nothing) return;
  if (tables.form != Node::Form::map) {
    throw ConfigError(tables.where +
                      ": `tables` is a map from names to what is read, for example " +
                      "{pages: {read: pages.jsonl}}; found " + described(tables));
  }
  for (const auto& [name, table] : tables.entries) {
    if (const std::string fault = table_name_fault(name.text); !fault.empty()) {
      throw ConfigError(name.where + ": `" + name.text + "`: " + fault);
    }
    Node map = table;
    // Missing keys are reported where the name stands.
    if (map.form == Node::Form::nothing) map.where = name.where;
    const std::string place = "table " + name.text;
    const Settings settings =
        read_settings(map, table_section().parameters, {}, {.place = place, .folder = folder});
    const auto [key, fault] = table_fault(settings);
    if (!fault.empty()) throw ConfigError(settings.where(key) + ": " + place + ": " + fault);
  }
}

Node without_table_name(const Node& step, const char* reads, const Node& tables) {
  const Node* with = step.find(reads);
  if (with == nullptr || with->form != Node::Form::scalar) return step;
  const Node* table = tables.find(with->text);
  if (table == nullptr) {
    if (!table_name_fault(with->text).empty()) return step;
    std::vector<std::string> names;
    for (const auto& [name, settings] : tables.entries) names.push_back(name.text);
    const std::string near = nearest(with->text, names);
    if (near.empty()) return step;
    throw ConfigError(with->where + ": no table `" + with->text + "`; did you mean `" + near +
                      "`? (write a file of that name as ./" + with->text + ")");
  }
  Node plain = step;
  for (const auto& [name, value] : table->entries) {
    if (name.text == "read") {
      *plain.find(reads) = value;
    } else if (const Node* twice = step.find(name.text); twice != nullptr) {
      throw ConfigError(twice->where + ": `" + name.text + "` stands with the table `" +
                        with->text + "` at " + name.where + "; leave it out here");
    } else {
      plain.entries.emplace_back(name, value);
    }
  }
  return plain;
}

}  // namespace shardmill

#include <nlohmann/json.hpp>

#include "jobs/command/planned.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

Json settings_json(const Settings& settings) {
  Json json = Json::object();
  for (const std::string& name : settings.names()) {
    const bool set = settings.has(name);
    json[name] = {{"value", set ? Json(settings.shown(name)) : Json(nullptr)},
                  {"where", set ? Json(settings.where(name)) : Json(nullptr)}};
  }
  return json;
}

Json sources_json(const Planned& plan) {
  Json list = Json::array();
  for (std::size_t s = 0; s < plan.sources.size(); ++s) {
    const PlannedSource& source = plan.sources[s];
    const SourceSettings& source_settings = plan.job.sources[s].settings;
    Json columns = Json::object();
    for (const auto& [column, field] : source_settings.columns) columns[column] = field;
    Json types = Json::object();
    for (const auto& [field, type] : source_settings.types) types[field] = type_name(type);
    Json first_types = Json::object();
    for (const ColumnSpec& column : source.first_types) {
      first_types[column.name] = type_name(column.type);
    }
    list.push_back({{"source", source.name},
                    {"format", source.format},
                    {"read", plan.job.sources[s].read},
                    {"id_field", source_settings.id_field},
                    {"text_field", source_settings.text_field},
                    {"columns", columns},
                    {"types", types},
                    {"first_types", first_types},
                    {"command", source_settings.command},
                    {"max_record", plan.job.sources[s].settings.max_record},
                    {"where", plan.job.sources[s].where},
                    {"files", source.files},
                    {"bytes", source.bytes},
                    {"new_files", source.added.count},
                    {"changed_files", source.changed.count},
                    {"vanished_files", source.vanished.count},
                    {"first_new", source.added.first},
                    {"first_changed", source.changed.first},
                    {"first_vanished", source.vanished.first}});
  }
  return list;
}

Json steps_json(const Planned& plan) {
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  Json list = Json::array();
  for (const PlannedStep& step : plan.steps) {
    Json recalls = Json::array();
    for (const RecallPoint& point : step.recalls) {
      recalls.push_back({{"similarity", point.similarity}, {"recall", point.recall}});
    }
    list.push_back({{"step", step.spec->label},
                    {"operator", step.spec->op},
                    {"position", step.spec->position},
                    {"where", step.spec->where},
                    {"pass", 1},
                    {"read", or_null(step.read)},
                    {"resolve", or_null(step.resolve)},
                    {"write", or_null(step.write)},
                    {"sketch_bytes", step.sketch_bytes},
                    {"stored", step.compares && step.stored ? Json(*step.stored) : Json(nullptr)},
                    {"expected_recall", recalls},
                    {"settings", settings_json(step.spec->settings)}});
  }
  return list;
}

Json checks_json(const Planned& plan) {
  Json list = Json::array();
  for (const CheckSpec& check : plan.job.checks) {
    list.push_back({{"name", check.name},
                    {"check", check.check},
                    {"where", check.where},
                    {"settings", settings_json(check.settings)}});
  }
  return list;
}

Json estimates_json(const std::vector<NamedBytes>& estimates) {
  Json list = Json::array();
  for (const NamedBytes& estimate : estimates) {
    list.push_back({{"what", estimate.what}, {"bytes", estimate.bytes}});
  }
  return list;
}

Json changes_json(const Planned& plan) {
  Json list = Json::array();
  for (const JobChange& change : plan.changes) {
    list.push_back({{"setting", change.setting}, {"before", change.before}, {"now", change.now}});
  }
  return list;
}

}  // namespace

std::string plan_json(const Planned& plan) {
  const Json json = {{"dataset", plan.job.dataset},
                     {"output", plan.job.output},
                     {"snapshot", plan.snapshot ? Json(*plan.snapshot) : Json(nullptr)},
                     {"newest", plan.newest ? Json(*plan.newest) : Json(nullptr)},
                     {"changes", changes_json(plan)},
                     {"warnings", plan.warnings},
                     {"passes", 1},
                     {"sources", sources_json(plan)},
                     {"steps", steps_json(plan)},
                     {"checks", checks_json(plan)},
                     {"settings",
                      {{"job", settings_json(plan.job.top)},
                       {"tolerate", settings_json(plan.job.tolerate)},
                       {"write.text", settings_json(plan.job.write_text)},
                       {"write.tokens", settings_json(plan.job.write_tokens)}}},
                     {"store",
                      {{"fragments", plan.fragments},
                       {"fragments_stored", plan.fragments_stored},
                       {"fragments_sketched", plan.fragments_sketched},
                       {"bytes", plan.bytes},
                       {"bytes_stored", plan.bytes_stored},
                       {"documents", plan.documents},
                       {"documents_known", plan.documents_known}}},
                     {"ranks", plan.ranks},
                     {"memory",
                      {{"per_rank", plan.memory},
                       {"given", plan.memory_given},
                       {"smallest", plan.smallest_memory},
                       {"floors", estimates_json(plan.floors)}}},
                     {"scratch", estimates_json(plan.scratch)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace shardmill

#include "jobs/spec/job_changes.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

namespace shardmill {
namespace {

// Names and values in the order of the job.
using Flat = std::vector<std::pair<std::string, std::string>>;

void append(Flat& flat, const std::string& prefix, const Settings& settings) {
  for (const std::string& name : settings.names()) {
    flat.emplace_back(prefix + name, settings.shown(name));
  }
}

std::string listed(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + shown_text(text, ",");
  return list;
}

void append(Flat& flat, const SourceSpec& source) {
  const SourceSettings& settings = source.settings;
  const std::string prefix = "sources." + settings.name + ".";
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) flat.emplace_back(prefix + name, value);
  };
  add("read", listed(source.read));
  add("format", format_name(settings.format));
  add("columns.id", settings.id_field);
  add("columns.text", settings.text_field);
  for (const auto& [column, field] : settings.columns) add("columns." + column, field);
  for (const auto& [field, type] : settings.types)
    add("types." + field, std::string(type_name(type)));
  add("command", listed(settings.command));
  add("group", settings.group);
  add("fields", listed(settings.fields));
  add("max_record", std::to_string(settings.max_record));
}

Flat flat(const Job& job) {
  Flat all;
  append(all, "", job.top);
  std::string order;
  for (const SourceSpec& source : job.sources) {
    append(all, source);
    order += (order.empty() ? "" : ", ") + source.settings.name;
  }
  all.emplace_back("sources", order);
  order.clear();
  for (const StepSpec& step : job.steps) {
    append(all, "steps." + step.label + ".", step.settings);
    order += (order.empty() ? "" : ", ") + step.label;
  }
  all.emplace_back("steps", order);
  for (const CheckSpec& check : job.checks) {
    all.emplace_back("checks." + check.name, check.check);
    append(all, "checks." + check.name + ".", check.settings);
  }
  append(all, "tolerate.", job.tolerate);
  append(all, "write.text.", job.write_text);
  append(all, "write.tokens.", job.write_tokens);
  return all;
}

}  // namespace

std::vector<JobChange> job_changes(const Job& before, const Job& now) {
  const Flat old = flat(before);
  std::map<std::string, std::string> left(old.begin(), old.end());
  std::vector<JobChange> changes;
  for (const auto& [name, value] : flat(now)) {
    const auto was = left.find(name);
    const std::string before_it = was == left.end() ? "-" : was->second;
    if (was != left.end()) left.erase(was);
    if (before_it != value) changes.push_back({name, before_it, value});
  }
  for (const auto& [name, value] : old) {
    if (left.contains(name) && value != "-") changes.push_back({name, value, "-"});
  }
  return changes;
}

std::vector<JobChange> job_changes(const std::string& text,
                                   const std::vector<std::string>& overrides, const Job& now) {
  const auto folder = std::filesystem::absolute(now.path).parent_path().lexically_normal();
  return job_changes(parse_job(text, now.path, folder.string(), overrides), now);
}

}  // namespace shardmill

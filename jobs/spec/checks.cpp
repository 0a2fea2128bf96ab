#include "jobs/spec/checks.hpp"

#include <algorithm>
#include <map>

#include "cluster/error.hpp"
#include "engine/plan/spelling.hpp"
#include "jobs/spec/declarations.hpp"
#include "jobs/spec/settings_reader.hpp"

namespace shardmill {
namespace {

const OperatorDeclaration& declaration_of(const Node& name) {
  std::vector<std::string> names;
  for (const OperatorDeclaration& check : check_declarations()) {
    if (check.name == name.text) return check;
    names.push_back(check.name);
  }
  throw ConfigError(name.where + ": unknown check `" + name.text + "`" +
                    suggestion(name.text, names));
}

CheckSpec read_check(const Node& node, const std::string& folder) {
  if (node.form != Node::Form::map || node.entries.size() != 1) {
    throw ConfigError(node.where + ": a check is one name and its settings, for example " +
                      "`- row_count: {min: 1000}`; found " + described(node));
  }
  const auto& [name, written] = node.entries.front();
  const OperatorDeclaration& declaration = declaration_of(name);
  Node settings = written;
  // Missing keys are reported where the check stands.
  if (settings.form == Node::Form::nothing) settings.where = name.where;
  CheckSpec check;
  check.check = name.text;
  check.where = name.where;
  check.settings =
      read_operator(settings, declaration,
                    {.place = "check " + name.text, .folder = folder, .where = check.where});
  return check;
}

// A name that a setting takes from the job.
void require(const CheckSpec& check, const std::string& setting, const std::string& what,
             const std::vector<std::string>& known) {
  if (!check.settings.has(setting)) return;
  const std::string& name = check.settings.text(setting);
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  throw ConfigError(check.settings.where(setting) + ": `" + setting + "` in check " + check.check +
                    ": the job has no " + what + " `" + name + "`" + suggestion(name, known));
}

std::vector<std::string> splits_of(const Job& job) {
  std::vector<std::string> names;
  for (const StepSpec& step : job.steps) {
    if (step.op != "split") continue;
    for (const auto& [name, share] : step.settings.decimal_map("fractions")) names.push_back(name);
  }
  return names.empty() ? std::vector<std::string>{"train"} : names;
}

// A rate that is always zero would look like a good one.
void require_step(const CheckSpec& check, const Job& job, const std::string& beginning) {
  for (const StepSpec& step : job.steps) {
    if (step.op.starts_with(beginning)) return;
  }
  throw ConfigError(check.where + ": check " + check.check + ": no step of the job is " +
                    (beginning.ends_with('.') ? "one of " + beginning + "*" : beginning));
}

void check_names_of_the_job(const CheckSpec& check, const Job& job) {
  std::vector<std::string> sources;
  for (const SourceSpec& source : job.sources) sources.push_back(source.settings.name);
  std::vector<std::string> steps;
  for (const StepSpec& step : job.steps) steps.push_back(step.label);
  require(check, "source", "source", sources);
  require(check, "step", "step", steps);
  require(check, "split", "split", splits_of(job));
  if (check.check == "dup_rate") require_step(check, job, "dedup.");
  if (check.check == "contamination_rate") require_step(check, job, "decontaminate");
}

std::string plain_name(const CheckSpec& check) {
  if (check.settings.has("name")) return check.settings.text("name");
  return check.check +
         (check.settings.has("column") ? ":" + check.settings.text("column") : std::string());
}

// As for steps: what several would be called gets its position.
void name_checks(std::vector<CheckSpec>& checks) {
  std::map<std::string, u64> times;
  for (const CheckSpec& check : checks) ++times[plain_name(check)];
  std::map<std::string, std::string> named;  // where
  for (std::size_t i = 0; i < checks.size(); ++i) {
    CheckSpec& check = checks[i];
    check.name = plain_name(check);
    if (!check.settings.has("name") && times[check.name] > 1) {
      check.name += "#" + std::to_string(i + 1);
    }
    const auto [first, is_new] = named.emplace(check.name, check.where);
    if (is_new) continue;
    throw ConfigError(check.settings.where_or("name", check.where) + ": the name `" + check.name +
                      "` is that of another check, at " + first->second);
  }
}

}  // namespace

std::vector<CheckSpec> read_checks(const Node& checks, const Job& job, const std::string& folder) {
  std::vector<CheckSpec> read;
  if (checks.form == Node::Form::nothing) return read;
  if (checks.form != Node::Form::list) {
    throw ConfigError(checks.where + ": `checks` must be a list; found " + described(checks));
  }
  for (const Node& node : checks.items) {
    read.push_back(read_check(node, folder));
    check_names_of_the_job(read.back(), job);
  }
  name_checks(read);
  return read;
}

}  // namespace shardmill

#include <algorithm>
#include <cstdio>

#include "engine/observe/progress_text.hpp"
#include "jobs/command/planned.hpp"
#include "jobs/report/amounts.hpp"

namespace shardmill {
namespace {

std::string formatted(const char* format, double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

std::string names_text(const char* what, const PlannedFiles& files) {
  if (files.first.empty()) return "";
  std::string text = "    " + left(what, 9);
  for (const std::string& name : files.first) {
    text += (&name == &files.first.front() ? "" : ", ") + printable(name);
  }
  const u64 more = files.count - files.first.size();
  return text + (more == 0 ? "" : " and " + grouped(more) + " more") + "\n";
}

std::string sources_text(const Planned& plan) {
  std::string text = "\nSources\n  " + left("", 22) + left("", 9) + right("files", 10) +
                     right("bytes", 11) + right("new", 8) + right("changed", 9) + right("gone", 7) +
                     "\n";
  for (const PlannedSource& source : plan.sources) {
    text += "  " + left(printable(source.name), 22) + left(source.format, 9) +
            right(grouped(source.files), 10) + right(bytes_text(source.bytes), 11) +
            right(grouped(source.added.count), 8) + right(grouped(source.changed.count), 9) +
            right(grouped(source.vanished.count), 7) + "\n" + names_text("new", source.added) +
            names_text("changed", source.changed) + names_text("gone", source.vanished);
  }
  return text;
}

// The steps that do something in a phase.
std::string phase_text(const Planned& plan, const std::string& title,
                       const std::string PlannedStep::*what, const std::string& last = "") {
  std::string text = "  " + title + "\n";
  const std::size_t heading = text.size();
  for (const PlannedStep& step : plan.steps) {
    if ((step.*what).empty()) continue;
    text += "    " + std::to_string(step.spec->position) + ". " + left(step.spec->label, 17) +
            step.*what + "\n";
  }
  if (!last.empty()) text += "    " + last + "\n";
  return text.size() == heading ? text + "    nothing\n" : text;
}

std::string pass_text(const Planned& plan) {
  const bool divides =
      std::any_of(plan.changes.begin(), plan.changes.end(), [](const JobChange& change) {
        return change.setting == "write.text.shard_size" ||
               change.setting == "write.tokens.shard_size";
      });
  return "\nPass 1\n" + phase_text(plan, "read     every document once", &PlannedStep::read) +
         phase_text(plan, "resolve  on sketches, in this order", &PlannedStep::resolve) +
         phase_text(plan, "write    survivors, once to the rank that writes their shard",
                    &PlannedStep::write,
                    divides
                        ? "shards, of which another shard_size writes again all that it divides "
                          "otherwise, ledger, clusters, manifest, report"
                        : "shards, ledger, clusters, manifest, report");
}

// What a new snapshot must meet, each check with the settings that it has.
std::string checks_text(const Planned& plan) {
  if (plan.job.checks.empty()) return "";
  std::string text = "\nChecks, before a new snapshot is published\n";
  for (const CheckSpec& check : plan.job.checks) {
    std::string settings;
    for (const std::string& name : check.settings.names()) {
      if (name == "level" || name == "name" || !check.settings.has(name)) continue;
      settings += (settings.empty() ? "" : ", ") + name + " " + check.settings.shown(name);
    }
    text += "  " + left(printable(check.name), 28) + (check.only_warns() ? "warns  " : "stops  ") +
            printable(settings) + "\n";
  }
  return text;
}

std::string reuse_text(const Planned& plan) {
  std::string text = "\nStore\n";
  text += "  in the store already " + grouped(plan.fragments_stored) + " of " +
          grouped(plan.fragments) + " fragments, " + bytes_text(plan.bytes_stored) + " of " +
          bytes_text(plan.bytes) + "\n";
  text += "  to be read           " + bytes_text(plan.bytes - plan.bytes_stored) + "\n";
  if (plan.fragments_sketched > 0) {
    text += "  to be looked at      " + grouped(plan.fragments_sketched) +
            " fragments of the store again, by steps that are new or changed\n";
  }
  text += std::string("  documents            ") + (plan.documents_known ? "" : "about ") +
          grouped(plan.documents) + "\n";
  std::string there;
  std::string missing;
  std::string unknown;
  for (const PlannedStep& step : plan.steps) {
    if (!step.compares) continue;
    std::string& list = !step.stored ? unknown : *step.stored ? there : missing;
    list += (list.empty() ? "" : ", ") + step.spec->label;
  }
  if (!there.empty()) text += "  resolved already     " + there + "\n";
  if (!missing.empty()) text += "  to be resolved       " + missing + "\n";
  if (!unknown.empty()) text += "  depends on `against` " + unknown + "\n";
  for (const JobChange& change : plan.changes) {
    text += (&change == &plan.changes.front()
                 ? left("  changed since " + std::to_string(*plan.newest), 23)
                 : std::string(23, ' ')) +
            printable(change.setting) + ": " + printable(change.before) + " -> " +
            printable(change.now) + "\n";
  }
  text += "  published now        " +
          (plan.snapshot ? "snapshot " + std::to_string(*plan.snapshot) : std::string("nothing")) +
          "\n";
  return text;
}

std::string recall_text(const Planned& plan) {
  std::string text;
  for (const PlannedStep& step : plan.steps) {
    if (step.recalls.empty()) continue;
    text +=
        "\nExpected share of pairs that " + step.spec->label + " finds, by Jaccard similarity\n";
    for (const RecallPoint& point : step.recalls) {
      text += "  " + formatted("%.2f", point.similarity) +
              right(formatted("%.1f %%", 100 * point.recall), 10);
      const double threshold = step.spec->settings.decimal("threshold").approximate();
      const double off = point.similarity - threshold;
      text += off > -1e-9 && off < 1e-9 ? "  the threshold\n" : "\n";
    }
  }
  return text;
}

std::string settings_rows(const Settings& settings) {
  std::string text;
  for (const std::string& name : settings.names()) {
    const bool set = settings.has(name);
    text += "  " + left(name, 20) + left(printable(settings.shown(name)), 36) + " " +
            (set ? printable(settings.where(name)) : "not set") + "\n";
  }
  return text;
}

std::string settings_text(const Planned& plan) {
  const Job& job = plan.job;
  std::string text = "\nSettings\n job\n" + settings_rows(job.top);
  for (std::size_t s = 0; s < job.sources.size(); ++s) {
    const SourceSpec& source = job.sources[s];
    text += " source " + printable(source.settings.name) + "  (" + printable(source.where) + ")\n";
    for (const std::string& read : source.read)
      text += "  " + left("read", 20) + printable(read) + "\n";
    const auto row = [&](const std::string& name, const std::string& value) {
      if (!value.empty()) text += "  " + left(name, 20) + printable(value) + "\n";
    };
    row("id", source.settings.id_field);
    row("text", source.settings.text_field);
    for (const auto& [column, field] : source.settings.columns) row("column " + column, field);
    for (const auto& [field, type] : source.settings.types)
      row("type of " + field, type_name(type));
    for (const ColumnSpec& column : plan.sources[s].first_types) {
      row("first records, " + column.name, type_name(column.type));
    }
    std::string command;
    for (const std::string& argument : source.settings.command) command += argument + " ";
    row("command", command);
    text += "  " + left("max_record", 20) + bytes_text(source.settings.max_record) + "\n";
  }
  for (const StepSpec& step : job.steps) {
    text += " " + std::to_string(step.position) + ". " + step.label + "  (" +
            printable(step.where) + ")\n" + settings_rows(step.settings);
  }
  for (const CheckSpec& check : job.checks) {
    text += " check " + printable(check.name) + "  (" + printable(check.where) + ")\n" +
            settings_rows(check.settings);
  }
  const bool tokens = std::any_of(job.steps.begin(), job.steps.end(),
                                  [](const StepSpec& step) { return step.op == "tokenize"; });
  return text + " tolerate\n" + settings_rows(job.tolerate) + " write.text\n" +
         settings_rows(job.write_text) +
         (tokens ? " write.tokens\n" + settings_rows(job.write_tokens) : "");
}

std::string memory_text(const Planned& plan) {
  std::string text = "\nMemory per rank, " + std::to_string(plan.ranks) +
                     (plan.ranks == 1 ? " rank\n" : " ranks\n");
  const auto row = [&](const std::string& what, u64 bytes, const std::string& note = "") {
    text += "  " + left(what, 60) + right(bytes_text(bytes), 12) + note + "\n";
  };
  row(plan.memory_given ? "--memory" : "--memory is not given: what this machine has", plan.memory);
  row("the smallest that a run accepts", plan.smallest_memory);
  for (const NamedBytes& floor : plan.floors) row("  " + printable(floor.what), floor.bytes);
  text += "\nScratch, all ranks together, when nothing fits in memory; estimated\n";
  for (const NamedBytes& estimate : plan.scratch) row(printable(estimate.what), estimate.bytes);
  return text;
}

}  // namespace

std::string plan_text(const Planned& plan) {
  std::string text = printable(plan.job.dataset) + ": " + printable(plan.job.output) + "\n";
  for (const std::string& warning : plan.warnings) text += "\nWarning: " + warning + "\n";
  return text + sources_text(plan) + pass_text(plan) + checks_text(plan) + recall_text(plan) +
         reuse_text(plan) + memory_text(plan) + settings_text(plan);
}

}  // namespace shardmill

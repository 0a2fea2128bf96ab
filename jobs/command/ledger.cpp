#include "jobs/command/ledger.hpp"

#include <algorithm>

#include "engine/observe/progress_text.hpp"
#include "engine/plan/spelling.hpp"
#include "jobs/command/dataset.hpp"
#include "jobs/command/ledger_rows.hpp"
#include "jobs/command/output.hpp"
#include "jobs/command/placement.hpp"
#include "jobs/command/wanted_witness.hpp"

namespace shardmill {
namespace {

std::string padded(std::string_view text, std::size_t width) {
  std::string cell = printable(text);
  cell.resize(cell.size() < width ? width : cell.size() + 1, ' ');
  return cell;
}

// fate, step, reason, document, witness, score.
std::string table_line(const LedgerEntry& entry) {
  std::string line = padded(entry.fate, 9) + padded(entry.step, 18) +
                     padded(entry.reason.value_or("-"), 17) + printable(entry.id) + " (" +
                     std::string(entry.key) + ")";
  if (entry.witness) {
    line += " like " + printable(*entry.witness);
    if (entry.witness_key) line += " (" + std::string(*entry.witness_key) + ")";
  }
  if (entry.span && entry.detector) {
    line += " at bytes " + std::to_string(entry.span->first) + " to " +
            std::to_string(entry.span->second) + ", " + std::string(*entry.detector);
  }
  if (entry.score && entry.score->second > 0) {
    line += ", " + score_text(narrow<u64>(entry.score->first), narrow<u64>(entry.score->second));
  }
  return line;
}

bool asked_for(const LedgerEntry& entry, const Arguments& arguments, const WantedWitness& wanted) {
  if (!arguments.step.empty() && entry.step != arguments.step) return false;
  if (!arguments.witness.empty() && !wanted.is(entry.witness)) return false;
  return arguments.fate.empty() ? entry.fate != "kept" : entry.fate == arguments.fate;
}

// Refuses a step that the dataset does not have: its ledger would look empty.
void require_step(const std::string& step, const Job& job) {
  std::vector<std::string> steps = {"publish"};
  for (const StepSpec& spec : job.steps) steps.push_back(spec.label);
  if (step.empty() || std::find(steps.begin(), steps.end(), step) != steps.end()) return;
  throw ConfigError("--step: this dataset has no step `" + step + "`" + suggestion(step, steps));
}

}  // namespace

int show_ledger(const Arguments& arguments) {
  const Dataset dataset(arguments.directory);
  const Job job = job_of(dataset.manifest());
  require_step(arguments.step, job);
  WantedWitness wanted(arguments.witness);
  if (!arguments.witness.empty()) wanted.look_for_items(dataset, job);
  Output output;
  for (const ShardRecord* shard : dataset.shards("ledger/")) {
    const TextShardReader reader = dataset.open(*shard);
    require_ledger(reader, shard->path);
    for_each_row(reader, [&](const ShardRows& rows, u64 row) {
      const LedgerEntry entry = ledger_entry(rows, row, shard->path);
      wanted.see(entry);
      if (!asked_for(entry, arguments, wanted)) return;
      output.write(arguments.json ? ledger_json(entry) : table_line(entry));
      output.write("\n");
    });
  }
  output.finish();
  if (!arguments.witness.empty()) wanted.refuse_unknown();
  return 0;
}

}  // namespace shardmill

#include "jobs/command/verify.hpp"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/observe/progress_text.hpp"
#include "jobs/command/dataset.hpp"
#include "jobs/command/output.hpp"
#include "jobs/command/placement.hpp"
#include "jobs/command/snapshot_tokenizer.hpp"
#include "jobs/command/verify_documents.hpp"
#include "jobs/command/verify_files.hpp"
#include "jobs/command/verify_findings.hpp"
#include "jobs/run/find_snapshot.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

// Null when no step makes tokens, or it cannot be loaded, which is told.
std::unique_ptr<Tokenizer> tokenizer_if_there(const Dataset& dataset, const Job& job,
                                              VerifyFindings& findings) {
  const bool makes_tokens = std::any_of(job.steps.begin(), job.steps.end(),
                                        [](const StepSpec& step) { return step.op == "tokenize"; });
  if (!makes_tokens) return nullptr;
  try {
    return tokenizer_of(dataset, Arguments{});
  } catch (const DataError& error) {
    findings.checked(std::string("not checked: whether tokens are those of the texts: ") +
                     error.what());
  }
  return nullptr;
}

// Each part builds on what the part before found whole.
void verify_parts(const Dataset& dataset, const Job& job, std::unique_ptr<Tokenizer> tokenizer,
                  VerifyFindings& findings) {
  verify_files(dataset, findings);
  if (findings.count() > 0) return findings.checked("not checked, since files are damaged: rows");
  if (tokenizer == nullptr) tokenizer = tokenizer_if_there(dataset, job, findings);
  verify_shards(dataset, job, tokenizer.get(), findings);
  if (findings.count() > 0) {
    return findings.checked("not checked, since shards are damaged: documents");
  }
  verify_documents(dataset, job, tokenizer.get(), findings);
}

void verify_snapshot(const std::filesystem::path& folder, std::unique_ptr<Tokenizer> tokenizer,
                     VerifyFindings& findings) {
  const char* where = "manifest.json";
  try {
    const Dataset dataset(folder.string());
    const Job job = job_of(dataset.manifest());
    where = "";  // the errors of shards say it themselves
    verify_parts(dataset, job, std::move(tokenizer), findings);
  } catch (const DataError& error) {  // what cannot be read is what we look for
    findings.problem(where, error.what());
  } catch (const ConfigError& error) {
    findings.problem(where, error.what());
  }
}

std::string as_json(const VerifyFindings& findings) {
  Json problems = Json::array();
  for (const Problem& problem : findings.problems()) {
    problems.push_back({{"path", problem.path},
                        {"row", problem.row ? Json(*problem.row) : Json(nullptr)},
                        {"problem", problem.what}});
  }
  const Json json = {{"ok", findings.count() == 0},
                     {"checked", findings.checks()},
                     {"problem_count", findings.count()},
                     {"problems", problems}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string as_text(const VerifyFindings& findings) {
  std::string text;
  for (const std::string& line : findings.checks()) text += line + "\n";
  for (const Problem& problem : findings.problems()) {
    // Readers of files say where they were themselves.
    const bool placed = !problem.row && problem.what.find(problem.path) != std::string::npos;
    text += placed ? "" : problem.path + ": ";
    if (problem.row) text += "row " + std::to_string(*problem.row) + ": ";
    text += printable(problem.what) + "\n";
  }
  const u64 left = findings.count() - findings.problems().size();
  if (left > 0) text += "and " + std::to_string(left) + " more\n";
  return text + (findings.count() == 0 ? "all is well\n" : "this dataset is damaged\n");
}

}  // namespace

int verify_dataset(const Arguments& arguments) {
  if (arguments.evidence) {
    throw ConfigError(
        "verify: this version does not have --evidence; without it, verify checks that every "
        "witness was kept and its score is above the threshold");
  }
  VerifyFindings findings;
  const std::filesystem::path folder = find_snapshot(arguments.directory);
  std::unique_ptr<Tokenizer> tokenizer;  // of files that were named; else found where they were
  if (!arguments.vocabulary.empty() || !arguments.merges.empty() || !arguments.tokenizer.empty()) {
    tokenizer = tokenizer_of(Dataset(folder.string()), arguments);
  }
  verify_snapshot(folder, std::move(tokenizer), findings);
  Output output;
  output.write(arguments.json ? as_json(findings) : as_text(findings));
  output.finish();
  return findings.count() == 0 ? 0 : 1;
}

}  // namespace shardmill

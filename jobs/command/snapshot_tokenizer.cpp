#include "jobs/command/snapshot_tokenizer.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/store/catalog.hpp"
#include "engine/store/file.hpp"
#include "jobs/spec/job.hpp"
#include "operators/tokenize/tokenize_step.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

// The folder that relative paths of the job start in.
fs::path folder_of_job(const fs::path& snapshot) {
  const std::string record = (snapshot / "run.json").string();
  try {
    const std::string file = nlohmann::json::parse(read_whole_file(record)).at("job_file");
    return fs::path(file).parent_path();
  } catch (const nlohmann::json::exception& error) {
    throw DataError(record + ": expected `job_file`, where the job was: " + error.what());
  }
}

// What the file `path` of a step had in it when the snapshot was made.
std::string digest_then(const Manifest& manifest, const std::string& step, const fs::path& path,
                        const fs::path& folder) {
  const std::string shown = utf8_or_escaped(path.lexically_proximate(folder).string());
  for (const SideFile& file : manifest.side_files.value_or(std::vector<SideFile>{})) {
    if (file.step == step && file.path == shown) return file.digest;
  }
  throw DataError("manifest.json: side_files do not have " + shown + " of " + step);
}

void require_same(const std::string& path, const std::string& digest, const std::string& option) {
  if (!fs::exists(path)) {
    throw DataError(path + ": this file, with which the tokens were made, is not there any more; " +
                    option + " FILE says where it is now");
  }
  if (const std::string found = file_digest(path); found != digest) {
    throw DataError(path + ": has other content than when the tokens were made (XXH3-128 " + found +
                    ", expected " + digest + ")");
  }
}

}  // namespace

std::unique_ptr<Tokenizer> tokenizer_of(const Dataset& dataset, const Arguments& arguments) {
  const Manifest& manifest = dataset.manifest();
  const fs::path folder = folder_of_job(dataset.folder());
  const Job job =
      parse_job(manifest.job, "manifest.json: job", folder.string(), manifest.overrides);
  const auto step = std::find_if(job.steps.begin(), job.steps.end(),
                                 [](const StepSpec& spec) { return spec.op == "tokenize"; });
  if (step == job.steps.end()) throw ConfigError("no step of the job makes tokens");
  TokenizerSettings settings = tokenize_settings(step->settings);
  const auto take = [&](const std::string& name, std::string& path, const std::string& given) {
    const std::string option = "--" + name;
    if (path.empty()) {
      if (given.empty()) return;
      throw ConfigError("`" + option + "`: the tokenizer of this snapshot has no such file");
    }
    const std::string digest = digest_then(manifest, step->label, path, folder);
    if (!given.empty()) path = given;
    require_same(path, digest, option);
  };
  take("vocabulary", settings.vocabulary, arguments.vocabulary);
  take("merges", settings.merges, arguments.merges);
  take("tokenizer", settings.tokenizer, arguments.tokenizer);
  return load_tokenizer(settings);
}

}  // namespace shardmill

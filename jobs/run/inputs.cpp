#include "jobs/run/inputs.hpp"

#include <algorithm>
#include <map>

#include "engine/batch/wire.hpp"
#include "operators/read/glob.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

// Knows the files that runs of the job write: below its output, or below that of a run with
// --limit.
class OwnFiles {
 public:
  explicit OwnFiles(const std::string& output) : output_(fs::weakly_canonical(output).string()) {}

  [[nodiscard]] bool contain(const std::string& path) {
    const fs::path folder = fs::path(path).parent_path();
    if (folder != folder_) {  // files come by folder: one question for each
      folder_ = folder;
      own_ = is_below(fs::weakly_canonical(folder).string());
    }
    return own_;
  }

 private:
  [[nodiscard]] bool is_below(const std::string& folder) const {
    if (!folder.starts_with(output_)) return false;
    const std::string rest = folder.substr(output_.size());
    return rest.empty() || rest.starts_with("/") || rest.starts_with(".limit-");
  }

  std::string output_;
  fs::path folder_;
  bool own_ = false;
};

bool is_pattern(const std::string& read) { return read.find_first_of("*?[") != std::string::npos; }

std::vector<Listed> list_files(const Job& job) {
  std::vector<Listed> listed;
  OwnFiles own(job.output);
  const auto find = [&](const std::vector<std::string>& patterns) {
    std::vector<FoundFile> found = find_files(patterns, "/");
    std::erase_if(found, [&](const FoundFile& file) { return own.contain(file.path); });
    return found;
  };
  for (const SourceSpec& source : job.sources) {
    const std::string place = source.where + ": source " + source.settings.name + ": ";
    for (const std::string& read : source.read) {
      if (!is_pattern(read) && fs::is_directory(read)) {
        throw DataError(place + read + " is a folder; " + read + "/** reads every file below it");
      }
    }
    const std::vector<FoundFile> found = find(source.read);
    if (found.empty()) {
      throw DataError(place + "no file matches " +
                      (source.read.empty() ? "" : source.read.front()) +
                      (source.read.size() > 1 ? " or the patterns after it" : ""));
    }
    // A pattern may match nothing tonight; a name is a file that somebody expects.
    for (const std::string& read : source.read) {
      if (!is_pattern(read) && find({read}).empty()) throw DataError(place + "no file " + read);
    }
    for (const FoundFile& file : found) {
      listed.push_back({source.settings.name, file.relative, file.path, file.size, file.mtime_ns});
    }
  }
  return listed;
}

Inputs look(const Job& job, const fs::path& catalog_file, bool save, bool compact) {
  const std::vector<Listed> listed = list_files(job);
  Inputs inputs{load_catalog(catalog_file), {}};
  bool changed =
      update(inputs.catalog, listed, [](const fs::path& path) { return file_digest(path); });
  if (compact && inputs.catalog.compacted < inputs.catalog.epoch) {
    inputs.catalog.compacted = inputs.catalog.epoch;
    changed = true;
  }
  if (changed && save) save_catalog(inputs.catalog, catalog_file);
  std::map<std::pair<std::string, std::string>, std::string> paths;
  for (const Listed& file : listed) paths[{file.source, file.relative}] = file.path.string();
  for (const FileVersion& file : inputs.catalog.files) {
    inputs.path_of.push_back(file.tombstone ? "" : paths.at({file.source, file.relative}));
  }
  return inputs;
}

}  // namespace

Inputs update_catalog(const Job& job, const fs::path& catalog_file, bool compact) {
  return look(job, catalog_file, true, compact);
}

Inputs preview_catalog(const Job& job, const fs::path& catalog_file) {
  return look(job, catalog_file, false, false);
}

std::string serialised_paths(const Inputs& inputs) {
  std::string bytes;
  WireWriter out(bytes);
  for (const std::string& path : inputs.path_of) out.text(path);
  return bytes;
}

std::vector<std::string> deserialised_paths(const std::string& bytes) {
  std::vector<std::string> paths;
  for (WireReader in(bytes, "paths of the inputs"); !in.done();) paths.emplace_back(in.text());
  return paths;
}

}  // namespace shardmill

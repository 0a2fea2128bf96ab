#include "jobs/run/inputs.hpp"

#include <map>

#include "engine/batch/wire.hpp"
#include "operators/read/glob.hpp"

namespace shardmill {
namespace {

std::vector<Listed> list_files(const Job& job) {
  std::vector<Listed> listed;
  for (const SourceSpec& source : job.sources) {
    const std::string& name = source.settings.name;
    const std::vector<FoundFile> found = find_files(source.read, "/");
    if (found.empty()) {
      throw DataError(source.where + ": source " + name + ": no file matches " +
                      (source.read.empty() ? "" : source.read.front()) +
                      (source.read.size() > 1 ? " or the patterns after it" : ""));
    }
    // A pattern may match nothing tonight; a name is a file that somebody expects.
    for (const std::string& read : source.read) {
      if (read.find_first_of("*?[") == std::string::npos && find_files({read}, "/").empty()) {
        throw DataError(source.where + ": source " + name + ": no file " + read);
      }
    }
    for (const FoundFile& file : found) {
      listed.push_back({name, file.relative, file.path, file.size, file.mtime_ns});
    }
  }
  return listed;
}

Inputs look(const Job& job, const std::filesystem::path& catalog_file, bool save) {
  const std::vector<Listed> listed = list_files(job);
  Inputs inputs{load_catalog(catalog_file), {}};
  const bool changed = update(inputs.catalog, listed,
                              [](const std::filesystem::path& path) { return file_digest(path); });
  if (changed && save) save_catalog(inputs.catalog, catalog_file);
  std::map<std::pair<std::string, std::string>, std::string> paths;
  for (const Listed& file : listed) paths[{file.source, file.relative}] = file.path.string();
  for (const FileVersion& file : inputs.catalog.files) {
    inputs.path_of.push_back(file.tombstone ? "" : paths.at({file.source, file.relative}));
  }
  return inputs;
}

}  // namespace

Inputs update_catalog(const Job& job, const std::filesystem::path& catalog_file) {
  return look(job, catalog_file, true);
}

Inputs preview_catalog(const Job& job, const std::filesystem::path& catalog_file) {
  return look(job, catalog_file, false);
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

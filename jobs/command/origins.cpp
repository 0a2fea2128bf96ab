#include "jobs/command/origins.hpp"

#include "engine/observe/progress_text.hpp"

namespace shardmill {

Origins::Origins(const Dataset& dataset)
    : catalog_(load_catalog(dataset.folder() / ".." / ".." / "catalog.json")) {}

std::string Origins::path_of(DocKey key) const {
  return key.ordinal() < catalog_.files.size() ? catalog_.files[key.ordinal()].relative : "";
}

std::string Origins::place_of(DocKey key) const {
  const std::string path = path_of(key);
  if (path.empty()) return "";
  return printable(path) + (key.offset() == 0 ? "" : " at " + std::to_string(key.offset()));
}

}  // namespace shardmill

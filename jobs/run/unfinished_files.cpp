#include "jobs/run/unfinished_files.hpp"

#include <string>
#include <vector>

namespace shardmill {
namespace {

namespace fs = std::filesystem;

bool is_unfinished(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  return name.starts_with('.') && name.find(".tmp-") != std::string::npos;
}

}  // namespace

void remove_unfinished(const fs::path& output) {
  std::vector<fs::path> unfinished;
  const auto note = [&](const fs::directory_entry& entry) {
    if (is_unfinished(entry)) unfinished.push_back(entry.path());
  };
  const auto look_below = [&](const fs::path& folder) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) note(entry);
  };
  for (const auto& entry : fs::directory_iterator(output)) note(entry);
  look_below(output / "store");
  if (fs::is_directory(output / "log")) look_below(output / "log");
  if (fs::is_directory(output / "snapshots")) {
    for (const auto& entry : fs::directory_iterator(output / "snapshots")) {
      note(entry);
      if (entry.path().filename().string().starts_with(".staging-")) look_below(entry.path());
    }
  }
  for (const fs::path& path : unfinished) fs::remove(path);
}

}  // namespace shardmill

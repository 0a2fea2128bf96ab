#include "jobs/run/side_files.hpp"

#include <algorithm>
#include <filesystem>

#include "engine/store/catalog.hpp"
#include "jobs/run/resolve_fingerprint.hpp"
#include "operators/table/table_rows.hpp"

namespace shardmill {

std::vector<SideFile> side_files(const Job& job, const Pipeline& pipeline) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::absolute(job.path).parent_path().lexically_normal();
  std::vector<SideFile> files;
  for (const Step& step : pipeline.steps) {
    std::vector<std::string> paths;
    if (step.op == "exclude") paths.push_back(step.settings->text("ids"));
    if (const auto tables = tables_of(step); !tables.empty()) {
      for (const FoundFile& file : table_files(tables)) paths.push_back(file.path);
    }
    std::sort(paths.begin(), paths.end());
    for (const std::string& path : paths) {
      const std::string shown = fs::path(path).lexically_proximate(folder).string();
      files.push_back({step.label, utf8_or_escaped(shown), file_digest(path)});
    }
  }
  return files;
}

}  // namespace shardmill

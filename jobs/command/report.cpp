#include "jobs/command/report.hpp"

#include <filesystem>

#include "engine/store/file.hpp"
#include "jobs/command/output.hpp"
#include "jobs/report/report_html.hpp"
#include "jobs/run/find_snapshot.hpp"

namespace shardmill {
namespace {

std::filesystem::path folder_of(const std::string& directory) {
  std::filesystem::path folder = directory;
  if (std::filesystem::exists(folder / "report.txt")) return folder;
  return find_snapshot(directory);
}

}  // namespace

int show_report(const Arguments& arguments) {
  const std::filesystem::path folder = folder_of(arguments.directory);
  Output output(arguments.to);
  if (arguments.json) {
    const std::filesystem::path page = folder / "report.html";
    output.write(json_in_report(read_whole_file(page), page.string()) + "\n");
  } else {
    output.write(read_whole_file(folder / "report.txt"));
  }
  output.finish();
  return 0;
}

}  // namespace shardmill

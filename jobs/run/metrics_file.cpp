#include "jobs/run/metrics_file.hpp"

#include <chrono>
#include <cstdio>
#include <functional>

#include "cluster/error.hpp"
#include "engine/store/file.hpp"
#include "jobs/checks/checks.hpp"
#include "jobs/report/metrics.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void replace(const fs::path& output, const std::function<std::string(const std::string&)>& text) {
  const fs::path path = output / "log" / "metrics.prom";
  try {
    write_file_atomically(path, text(fs::exists(path) ? read_whole_file(path) : ""));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "shardmill: warning: %s\n", error.what());
  }
}

}  // namespace

void note_success(const fs::path& output, const Report& report) {
  replace(output, [&](const std::string&) { return metrics_text(report, now()); });
}

void note_nothing_new(const fs::path& output, Report report, const fs::path& snapshot) {
  replace(output, [&](const std::string&) {
    report.checks = checks_of(snapshot);
    return metrics_text(report, now());
  });
}

void note_refusal(const fs::path& output, const Report& report) {
  replace(output, [&](const std::string& before) {
    return refused_metrics_text(before, report.dataset, report.checks);
  });
}

void note_failure(const fs::path& output, const std::string& dataset, const std::exception& error) {
  const auto* ours = dynamic_cast<const Error*>(&error);
  const int code = ours != nullptr ? ours->exit_code() : 1;
  replace(output, [&](const std::string& before) {
    return failed_metrics_text(before, dataset, code, now());
  });
}

}  // namespace shardmill

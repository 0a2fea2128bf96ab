#include "jobs/report/metrics.hpp"

#include <algorithm>

#include "engine/observe/json_line.hpp"

namespace shardmill {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kExitCode = "shardmill_last_run_exit_code";
constexpr std::string_view kEnd = "shardmill_last_run_timestamp_seconds";
constexpr std::string_view kChecks = "shardmill_check_failed";

std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    text += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return text;
}

// Families of samples, each with its HELP and TYPE.
class Metrics {
 public:
  explicit Metrics(std::string_view dataset) : dataset_(dataset) {}

  void family(std::string_view name, std::string_view help) {
    name_ = name;
    text_ += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " gauge\n";
  }
  void sample(double value, const Labels& labels = {}) {
    text_ += name_ + "{dataset=\"" + escaped(dataset_) + "\"";
    for (const auto& [name, label] : labels) text_ += "," + name + "=\"" + escaped(label) + "\"";
    text_ += "} " + json_number(value) + "\n";
  }
  void sample(u64 value, const Labels& labels = {}) { sample(static_cast<double>(value), labels); }
  void one(std::string_view name, std::string_view help, double value) {
    family(name, help);
    sample(value);
  }
  void one(std::string_view name, std::string_view help, u64 value) {
    one(name, help, static_cast<double>(value));
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string dataset_;
  std::string name_;
  std::string text_;
};

void add_end(Metrics& metrics, int exit_code, double now) {
  metrics.one(kExitCode, "How the last run ended: 0 is well.", static_cast<u64>(exit_code));
  metrics.one(kEnd, "When the last run ended.", now);
}

// A check that had nothing to measure has no sample.
void add_checks(Metrics& metrics, const std::vector<CheckReport>& checks) {
  const auto measured = [](const CheckReport& check) {
    return check.outcome != CheckReport::Outcome::skipped;
  };
  if (std::none_of(checks.begin(), checks.end(), measured)) return;
  metrics.family(kChecks, "Whether a check of the snapshot failed (1) or passed (0).");
  for (const CheckReport& check : checks) {
    if (!measured(check)) continue;
    metrics.sample(u64{check.failed()},
                   {{"check", check.name}, {"level", check.only_warns ? "warn" : "error"}});
  }
}

// Whether a line is a sample of the family, its HELP or its TYPE.
bool is_of(std::string_view line, std::string_view family) {
  for (const std::string_view comment : {"# HELP ", "# TYPE "}) {
    if (line.starts_with(comment)) line.remove_prefix(comment.size());
  }
  return line.starts_with(family) && line.substr(family.size()).find_first_of(" {") == 0;
}

std::string without(std::string_view text, std::initializer_list<std::string_view> families) {
  std::string kept;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    if (std::none_of(families.begin(), families.end(),
                     [&](std::string_view family) { return is_of(line, family); })) {
      kept += line;
    }
    text.remove_prefix(end);
  }
  return kept;
}

void add_documents(Metrics& metrics, const Report& report) {
  metrics.family("shardmill_documents_in", "Documents that the inputs have.");
  for (const SourceReport& source : report.sources) {
    metrics.sample(source.documents, {{"source", source.name}});
  }
  metrics.family("shardmill_documents_kept", "Documents that are published.");
  for (const SourceReport& source : report.sources) {
    metrics.sample(source.kept, {{"source", source.name}});
  }
  metrics.family("shardmill_documents_dropped", "Documents that a step dropped.");
  for (const StepReport& step : report.steps) {
    for (const auto& [reason, documents] : step.reasons) {
      metrics.sample(documents, {{"step", step.label}, {"reason", reason}});
    }
  }
  metrics.family("shardmill_split_documents", "Published documents of a split.");
  for (const auto& [split, documents] : report.splits) {
    metrics.sample(documents, {{"split", split}});
  }
  metrics.one("shardmill_quarantined_records", "Records that could not be read.",
              report.quarantined);
  metrics.one("shardmill_failed_files", "Tolerated files that could not be read.",
              report.failed_files);
  metrics.one("shardmill_run_warnings",
              "Warnings, without those of checks, of the last run that ended well.",
              report.warnings.count);
}

void add_contamination(Metrics& metrics, const Report& report) {
  if (report.contamination.empty()) return;
  metrics.family("shardmill_benchmark_items_dirty", "Benchmark items that stand in documents.");
  for (const ContaminationReport& step : report.contamination) {
    for (const auto& [name, benchmark] : step.benchmarks) {
      metrics.sample(benchmark.dirty, {{"step", step.label}, {"benchmark", name}});
    }
  }
}

void add_work(Metrics& metrics, const Report& report) {
  metrics.one("shardmill_run_duration_seconds", "What the last run took.", report.seconds);
  metrics.one("shardmill_run_text_read_bytes", "Bytes of text that the last run read.",
              report.text_bytes_read);
  u64 most = 0;
  for (const u64 bytes : report.peak_memory) most = std::max(most, bytes);
  metrics.one("shardmill_run_peak_memory_bytes", "The most that a rank had of memory.", most);
  u64 moved = 0;
  double imbalance = 1;
  for (const ExchangeReport& exchange : report.movement.exchanges) {
    moved += exchange.bytes_between;
    if (exchange.bytes > (u64{1} << 20)) {
      imbalance = std::max(imbalance, exchange.imbalance(report.ranks));
    }
  }
  metrics.one("shardmill_run_exchanged_bytes", "Bytes of rows that went to another rank.", moved);
  metrics.one("shardmill_run_rank_imbalance_ratio",
              "The rank that got most of an exchange of some size, against the mean.", imbalance);
}

}  // namespace

std::string metrics_text(const Report& report, double now) {
  Metrics metrics(report.dataset);
  metrics.one("shardmill_last_success_timestamp_seconds", "When a run last ended well.", now);
  metrics.one("shardmill_snapshot", "Number of the newest snapshot.", report.snapshot);
  add_documents(metrics, report);
  add_contamination(metrics, report);
  add_checks(metrics, report.checks);
  add_work(metrics, report);
  add_end(metrics, 0, now);
  return metrics.text();
}

std::string refused_metrics_text(std::string_view before, std::string_view dataset,
                                 const std::vector<CheckReport>& checks) {
  Metrics metrics(dataset);
  add_checks(metrics, checks);
  return without(before, {kChecks}) + metrics.text();
}

std::string failed_metrics_text(std::string_view before, std::string_view dataset, int exit_code,
                                double now) {
  Metrics metrics(dataset);
  add_end(metrics, exit_code, now);
  return without(before, {kExitCode, kEnd}) + metrics.text();
}

}  // namespace shardmill

#include "jobs/report/metrics.hpp"

#include <algorithm>

#include "engine/observe/json_line.hpp"

namespace shardmill {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kExitCode = "shardmill_last_run_exit_code";
constexpr std::string_view kEnd = "shardmill_last_run_timestamp_seconds";

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
  add_work(metrics, report);
  add_end(metrics, 0, now);
  return metrics.text();
}

std::string failed_metrics_text(std::string_view before, std::string_view dataset, int exit_code,
                                double now) {
  std::string text;
  while (!before.empty()) {
    const std::size_t end = std::min(before.find('\n'), before.size() - 1) + 1;
    const std::string_view line = before.substr(0, end);
    const bool replaced =
        line.find(kExitCode) != std::string_view::npos || line.find(kEnd) != std::string_view::npos;
    if (!replaced) text += line;
    before.remove_prefix(end);
  }
  Metrics metrics(dataset);
  add_end(metrics, exit_code, now);
  return text + metrics.text();
}

}  // namespace shardmill

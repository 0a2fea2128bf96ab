#include "jobs/report/report.hpp"

#include <algorithm>
#include <numeric>

#include "engine/plan/decimal.hpp"
#include "jobs/report/amounts.hpp"

namespace shardmill {
namespace {

u64 sum(const std::map<std::string, u64>& counts) {
  return std::accumulate(counts.begin(), counts.end(), u64{0},
                         [](u64 total, const auto& entry) { return total + entry.second; });
}

u64 taken(u64 from, u64 amount, const std::string& step) {
  if (amount > from) {
    throw InternalError("the report has " + step + " drop " + std::to_string(amount) + " of " +
                        std::to_string(from));
  }
  return from - amount;
}

// The lowest threshold of the near-duplicate steps, in per cent, rounded up.
u32 lowest_threshold(const Report& report) {
  u32 lowest = 0;
  for (const StepReport& step : report.steps) {
    const auto threshold = Decimal::parse(step.threshold);
    if (!threshold) continue;
    const u128 hundred = static_cast<u128>(threshold->numerator) * 100;
    const auto percent =
        static_cast<u32>((hundred + threshold->denominator - 1) / threshold->denominator);
    lowest = lowest == 0 ? percent : std::min(lowest, percent);
  }
  return lowest;
}

}  // namespace

std::string since_parent(const Report& report) {
  if (!report.before || !report.parent) return "";
  const ParentReport& before = *report.before;
  const auto more = [](u64 now, u64 then) {
    return now < then ? "-" + grouped(then - now) : "+" + grouped(now - then);
  };
  u64 files = 0;
  for (const ShardsReport& folder : report.shards) files += folder.files;
  return "since snapshot " + std::to_string(*report.parent) + ": documents in " +
         more(report.documents_in, before.documents_in) + ", kept " +
         more(report.documents_kept, before.documents_kept) + "; " +
         grouped(files - before.files_shared) + " of " + grouped(files) + " shards are new";
}

std::string ids_not_found(const Report& report) {
  if (report.exclude.empty()) return "";
  const u64 listed = report.exclude.at("listed");
  const u64 found = report.exclude.at("found");
  if (found >= listed) return "";
  return "of " + grouped(listed) + (listed == 1 ? " id" : " ids") + " that exclude lists, " +
         grouped(listed - found) + (listed - found == 1 ? " is" : " are") + " of no document";
}

u64 StepReport::dropped() const { return sum(reasons); }

double SourceReport::bytes_per_token() const {
  return tokens == 0 ? 0 : static_cast<double>(text_bytes) / static_cast<double>(tokens);
}

double SourceReport::share_removed() const {
  return documents == 0 ? 0 : static_cast<double>(removed()) / static_cast<double>(documents);
}

u64 Report::dropped() const {
  u64 total = 0;
  for (const StepReport& step : steps) total += step.dropped();
  return total;
}

u64 Report::bytes_in() const { return sum(statistics.bytes); }

u64 Report::bytes_kept() const {
  const auto kept = statistics.bytes.find("kept");
  return kept == statistics.bytes.end() ? 0 : kept->second;
}

double Report::read_rate() const {
  for (const StageReport& stage : stages) {
    if (stage.name == "read" && stage.seconds > 0) {
      return static_cast<double>(text_bytes_read) / stage.seconds;
    }
  }
  return 0;
}

std::vector<FunnelRow> funnel(const Report& report) {
  std::vector<FunnelRow> rows = {{"in", report.documents_in, report.bytes_in(), 0, 0}};
  for (const StepReport& step : report.steps) {
    if (!step.drops) continue;
    const FunnelRow& before = rows.back();
    rows.push_back({step.label, taken(before.documents, step.dropped(), step.label),
                    taken(before.bytes, step.dropped_bytes, step.label), step.dropped(),
                    step.dropped_bytes});
  }
  const FunnelRow last = rows.back();
  if (last.documents != report.documents_kept || last.bytes != report.bytes_kept()) {
    throw InternalError("the report does not add up: " + std::to_string(last.documents) +
                        " documents of " + std::to_string(last.bytes) + " bytes are left, " +
                        std::to_string(report.documents_kept) + " of " +
                        std::to_string(report.bytes_kept()) + " were kept");
  }
  rows.push_back({"kept", last.documents, last.bytes, 0, 0});
  return rows;
}

std::vector<SourceReport> largest_sources(const Report& report, std::size_t most) {
  std::vector<SourceReport> sources = report.sources;
  if (sources.size() <= most) return sources;
  std::stable_sort(sources.begin(), sources.end(),
                   [](const auto& a, const auto& b) { return a.documents > b.documents; });
  SourceReport others;
  const std::size_t more = sources.size() - most;
  others.name = std::to_string(more) + (more == 1 ? " more source" : " more sources");
  for (std::size_t i = most; i < sources.size(); ++i) {
    others.documents += sources[i].documents;
    others.kept += sources[i].kept;
    others.quarantined += sources[i].quarantined;
    others.tokens += sources[i].tokens;
    others.text_bytes += sources[i].text_bytes;
    for (const auto& [step, documents] : sources[i].dropped) others.dropped[step] += documents;
  }
  sources.resize(most);
  sources.push_back(std::move(others));
  return sources;
}

std::vector<ThresholdRow> thresholds(const Report& report) {
  std::vector<ThresholdRow> rows;
  if (report.statistics.similar_at_least(0) == 0) return rows;
  const u32 own = lowest_threshold(report);
  for (u32 percent = 50; percent <= 100; percent += 5) {
    rows.push_back({percent, report.statistics.similar_at_least(percent), percent < own});
  }
  return rows;
}

}  // namespace shardmill

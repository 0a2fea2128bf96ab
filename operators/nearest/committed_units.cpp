#include "operators/nearest/committed_units.hpp"

#include <algorithm>

#include "cluster/signals.hpp"
#include "engine/batch/wire.hpp"

namespace shardmill {
namespace {

constexpr const char* kUnits = "units";
constexpr const char* kMade = "made";  // what units are, beside their numbers
// Another one whenever a cluster is cut otherwise: units(), border(), which unit a query is in.
constexpr u64 kVersion = 1;

}  // namespace

std::chrono::milliseconds BegunComparison::interval(const Cluster& cluster) {
  using std::chrono::milliseconds;
  if (cluster.force_round_pairs > 0) return milliseconds(0);
  // With thousands of ranks not thousands of files a minute.
  return std::max(milliseconds(60'000), milliseconds(500) * cluster.size());
}

std::string BegunComparison::prefix(const char* kind) const {
  return std::string(kind) + "-" + std::to_string(vectors) + "-";
}

UnitLog::UnitLog(Cluster& cluster, const BegunComparison& begun, std::size_t pair_bytes,
                 const std::function<void(const SegmentReader&)>& read_pairs)
    : cluster_(cluster), begun_(begun), pair_bytes_(pair_bytes) {
  if (begun_.work == nullptr) return;
  if (cluster.force_round_pairs > 0) size_ = {cluster.force_round_pairs, 1};
  std::string mine;
  u64 number = 0;
  const std::string prefix = begun_.prefix(kUnits);
  for (const std::string& name : begun_.work->parts(cluster)) {
    if (!name.starts_with(prefix) || number++ % cluster.size() != cluster.rank().value) continue;
    std::string units;
    const bool whole = begun_.work->read(name, [&](const SegmentReader& part) {
      if (part.read(kMade) != made()) return;
      read_pairs(part);
      units = part.read(kUnits);
    });
    if (whole) mine += units;
  }
  for (const std::string& of_rank : cluster.control.all_gather(mine)) {
    for (WireReader in(of_rank, "finished units"); !in.done();) {
      const u64 of_cluster = in.number();
      finished_[of_cluster].push_back(narrow<u32>(in.number()));
    }
  }
  for (auto& [of_cluster, units] : finished_) std::sort(units.begin(), units.end());
  // Not all ranks in the same second.
  committed_ = std::chrono::steady_clock::now() -
               BegunComparison::interval(cluster) * cluster.rank().value / cluster.size();
}

std::string UnitLog::made() const {
  std::string text;
  WireWriter out(text);
  out.number(kVersion);
  out.number(pair_bytes_);
  out.number(size_.pairs);
  out.number(size_.queries);
  return text;
}

bool UnitLog::due() const {
  return begun_.work != nullptr &&
         std::chrono::steady_clock::now() - committed_ >= BegunComparison::interval(cluster_);
}

bool UnitLog::stopping() const { return begun_.work != nullptr && cluster_.stop.is_set(); }

void UnitLog::commit(const std::function<void(SegmentWriter&)>& write_pairs) {
  if (fresh_.empty()) return;
  // No other part has this unit: another rank has other ones, and a run before would have had it
  // finished.
  const Unit& first = fresh_.front();
  begun_.work->write(
      begun_.prefix(kUnits) + std::to_string(first.cluster) + "-" + std::to_string(first.number),
      [&](SegmentWriter& part) {
        part.add(kMade, made());
        std::string units;
        WireWriter out(units);
        for (const Unit& unit : fresh_) {
          out.number(unit.cluster);
          out.number(unit.number);
        }
        part.add(kUnits, units);
        write_pairs(part);
      });
  fresh_.clear();
  committed_ = std::chrono::steady_clock::now();
}

void UnitLog::end(bool stopped, const std::function<void(SegmentWriter&)>& write_pairs) {
  if (begun_.work == nullptr || !cluster_.control.any(stopped)) return;
  commit(write_pairs);
  begun_.stop_if_asked(cluster_);
}

}  // namespace shardmill

#include "operators/nearest/committed_units.hpp"

#include <algorithm>

#include "cluster/signals.hpp"
#include "engine/batch/wire.hpp"

namespace shardmill {
namespace {

constexpr const char* kPrefix = "units-";
constexpr const char* kUnits = "units";

}  // namespace

UnitLog::UnitLog(Cluster& cluster, const BegunWork* begun,
                 const std::function<void(const SegmentReader&)>& read_pairs)
    : cluster_(cluster), begun_(begun) {
  if (begun_ == nullptr) return;
  if (cluster.force_round_pairs > 0) size_ = {cluster.force_round_pairs, 1};
  std::string mine;
  u64 number = 0;
  for (const std::string& name : begun_->parts(cluster)) {
    if (!name.starts_with(kPrefix) || number++ % cluster.size() != cluster.rank().value) continue;
    std::string units;
    const bool whole = begun_->read(name, [&](const SegmentReader& part) {
      units = part.read(kUnits);
      WireReader in(units, "finished units");
      const u64 pairs = in.number();
      if (UnitSize{pairs, in.number()} != size_) return units.clear();
      read_pairs(part);
    });
    if (whole && !units.empty()) mine += units.substr(2 * sizeof(u64));
  }
  for (const std::string& of_rank : cluster.control.all_gather(mine)) {
    for (WireReader in(of_rank, "finished units"); !in.done();) {
      const u64 of_cluster = in.number();
      finished_[of_cluster].push_back(narrow<u32>(in.number()));
    }
  }
  for (auto& [of_cluster, units] : finished_) std::sort(units.begin(), units.end());
}

bool UnitLog::due() const {
  if (begun_ == nullptr) return false;
  return cluster_.force_round_pairs > 0 ||
         std::chrono::steady_clock::now() - committed_ >= kBetweenCommits;
}

bool UnitLog::stopping() const { return begun_ != nullptr && cluster_.stop.is_set(); }

void UnitLog::commit(const std::function<void(SegmentWriter&)>& write_pairs) {
  if (fresh_.empty()) return;
  // No other part has this unit: another rank has other ones, and a run before would have had it
  // finished.
  const Unit& first = fresh_.front();
  begun_->write(kPrefix + std::to_string(first.cluster) + "-" + std::to_string(first.number),
                [&](SegmentWriter& part) {
                  std::string text;
                  WireWriter out(text);
                  out.number(size_.pairs);
                  out.number(size_.queries);
                  for (const Unit& unit : fresh_) {
                    out.number(unit.cluster);
                    out.number(unit.number);
                  }
                  part.add(kUnits, text);
                  write_pairs(part);
                });
  fresh_.clear();
  committed_ = std::chrono::steady_clock::now();
}

void UnitLog::end(bool stopped) {
  if (begun_ == nullptr || !cluster_.control.any(stopped)) return;
  begun_->stop_if_asked(cluster_);
}

}  // namespace shardmill

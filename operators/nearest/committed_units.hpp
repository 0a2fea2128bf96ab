// Units of a comparison that are finished, and the pairs found in them, committed as they come.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan/begun_work.hpp"
#include "engine/records/records.hpp"
#include "engine/store/record_chunks.hpp"
#include "operators/nearest/comparison_plan.hpp"

namespace shardmill {

// What is the same for all kinds of pairs.
class UnitLog {
 public:
  // Minutes of work at most are lost; a commit is a file.
  static constexpr std::chrono::seconds kBetweenCommits{60};

  // Collective. Without `begun` nothing is known and nothing is kept. read_pairs() is handed this
  // rank's share of what runs before have committed, some of which may be damaged.
  UnitLog(Cluster& cluster, const BegunWork* begun,
          const std::function<void(const SegmentReader&)>& read_pairs);

  [[nodiscard]] const UnitSize& size() const { return size_; }
  [[nodiscard]] const FinishedUnits& finished() const { return finished_; }
  void add(u64 cluster, u32 unit) { fresh_.push_back({cluster, unit}); }
  // Whether it is time to commit what was added.
  [[nodiscard]] bool due() const;
  [[nodiscard]] bool stopping() const;
  void commit(const std::function<void(SegmentWriter&)>& write_pairs);
  // Collective; throws Stopped when one rank did not go on for a stop.
  void end(bool stopped);

 private:
  struct Unit {
    u64 cluster = 0;
    u64 number = 0;
  };
  Cluster& cluster_;
  const BegunWork* begun_;
  UnitSize size_;
  FinishedUnits finished_;
  std::vector<Unit> fresh_;  // and not committed
  std::chrono::steady_clock::time_point committed_ = std::chrono::steady_clock::now();
};

// Pair: as Records have them. The same pair may come twice.
template <class Pair>
class CommittedUnits {
 public:
  // Collective. Leases `name`.found and `name`.fresh.
  CommittedUnits(Cluster& cluster, const BegunWork* begun, const std::string& name)
      : found_(cluster, name + ".found", cluster.budget.lease(name + ".found", 0.1)),
        fresh_(cluster, name + ".fresh", cluster.budget.lease(name + ".fresh", 0.05)),
        units_(cluster, begun,
               [this](const SegmentReader& part) { read_records(part, kPairs, found_); }) {}

  // What runs before have finished.
  [[nodiscard]] const UnitSize& size() const { return units_.size(); }
  [[nodiscard]] const FinishedUnits& finished() const { return units_.finished(); }
  // Of the unit that is worked at.
  [[nodiscard]] Records<Pair>& fresh() { return fresh_; }
  // Behind each unit. False: a stop was asked for, and what is finished is committed.
  bool finish(u64 cluster, u32 unit) {
    units_.add(cluster, unit);
    const bool stop = units_.stopping();
    if (stop || units_.due()) {
      units_.commit([this](SegmentWriter& part) { write_records(part, kPairs, fresh_); });
      take_over();
    }
    return !stop;
  }
  // Collective, after the last one, or the one at which a stop came. All pairs that this rank has
  // found or read.
  Records<Pair> end(bool stopped) {
    take_over();
    units_.end(stopped);
    return std::move(found_);
  }

 private:
  static constexpr const char* kPairs = "pairs/";
  void take_over() {
    fresh_.for_each([this](const Pair& pair) { found_.push(pair); });
    fresh_.clear();
  }

  Records<Pair> found_;
  Records<Pair> fresh_;
  UnitLog units_;
};

}  // namespace shardmill

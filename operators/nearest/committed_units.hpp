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

// Where a step that compares vectors commits, and what these are: the digest of all of them.
struct BegunComparison {
  const BegunWork* work = nullptr;  // null: nowhere
  u64 vectors = 0;

  // How long may pass between commits: minutes of work may be lost, and each is a file.
  [[nodiscard]] static std::chrono::milliseconds interval(const Cluster& cluster);
  // Begins the names of parts of these vectors.
  [[nodiscard]] std::string prefix(const char* kind) const;
  // Collective; throws Stopped.
  void stop_if_asked(Cluster& cluster) const {
    if (work != nullptr) work->stop_if_asked(cluster);
  }
};

// What is the same for all kinds of pairs.
class UnitLog {
 public:
  // Collective. read_pairs() is handed this rank's share of what runs before have committed, some
  // of which may be damaged; a pair is of so many bytes.
  UnitLog(Cluster& cluster, const BegunComparison& begun, std::size_t pair_bytes,
          const std::function<void(const SegmentReader&)>& read_pairs);

  [[nodiscard]] const UnitSize& size() const { return size_; }
  [[nodiscard]] const FinishedUnits& finished() const { return finished_; }
  void add(u64 cluster, u32 unit) { fresh_.push_back({cluster, unit}); }
  // Whether it is time to commit what was added.
  [[nodiscard]] bool due() const;
  [[nodiscard]] bool stopping() const;
  void commit(const std::function<void(SegmentWriter&)>& write_pairs);
  // Collective; when one rank did not go on for a stop, commits what is left and throws Stopped.
  void end(bool stopped, const std::function<void(SegmentWriter&)>& write_pairs);

 private:
  [[nodiscard]] std::string made() const;
  struct Unit {
    u64 cluster = 0;
    u64 number = 0;
  };
  Cluster& cluster_;
  BegunComparison begun_;
  std::size_t pair_bytes_;
  UnitSize size_;
  FinishedUnits finished_;
  std::vector<Unit> fresh_;  // and not committed
  std::chrono::steady_clock::time_point committed_;
};

// Pair: as Records have them. The same pair may come twice.
template <class Pair>
class CommittedUnits {
 public:
  // Collective. Leases `name`.found and `name`.fresh.
  CommittedUnits(Cluster& cluster, const BegunComparison& begun, const std::string& name)
      : found_(cluster, name + ".found", cluster.budget.lease(name + ".found", 0.1)),
        fresh_(cluster, name + ".fresh", cluster.budget.lease(name + ".fresh", 0.05)),
        units_(cluster, begun, sizeof(Pair),
               [this](const SegmentReader& part) { read_records(part, kPairs, found_); }) {}

  // What runs before have finished.
  [[nodiscard]] const UnitSize& size() const { return units_.size(); }
  [[nodiscard]] const FinishedUnits& finished() const { return units_.finished(); }
  // Of the unit that is worked at.
  [[nodiscard]] Records<Pair>& fresh() { return fresh_; }
  // Behind each unit. False: a stop was asked for; end() comes next.
  bool finish(u64 cluster, u32 unit) {
    units_.add(cluster, unit);
    if (units_.stopping() || units_.due()) {
      units_.commit([this](SegmentWriter& part) { write_records(part, kPairs, fresh_); });
      take_over();
    }
    return !units_.stopping();
  }
  // Collective, after the last one, or the one at which a stop came. All pairs that this rank has
  // found or read.
  Records<Pair> end(bool stopped) {
    units_.end(stopped, [this](SegmentWriter& part) { write_records(part, kPairs, fresh_); });
    take_over();
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

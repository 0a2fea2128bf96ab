// Which rank compares which part of a cluster, and in which units.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// How large units are. Small ones read the vectors that they are compared with again and again; in
// a cluster of millions one is minutes of a core, in most a second.
struct UnitSize {
  u64 pairs = u64{1} << 24;
  u64 queries = 4096;  // at least, however many pairs these have
  auto operator<=>(const UnitSize&) const = default;
};

// The work in one cluster: the documents that are compared with others, and how many pairs that
// makes.
struct ClusterWork {
  u128 pairs = 0;
  u64 queries = 0;

  // Whatever the number of ranks, so that what one run has done means something to the next.
  [[nodiscard]] u32 units(const UnitSize& size) const;
};

// Units of a cluster that runs before have finished, by their numbers.
using FinishedUnits = std::map<u64, std::vector<u32>>;  // by cluster; each sorted

// Some units of a cluster, for one rank.
struct ComparisonTask {
  u64 cluster = 0;
  std::vector<u32> units;  // of these
  u32 of = 1;              // that the whole cluster has
  Rank rank;
};

// Tasks are numbered; those of a cluster are side by side.
class ComparisonPlan {
 public:
  // A cluster that has more than a rank's share of all pairs is cut into parts of about that size,
  // at most one for each rank; tasks are dealt out longest first. Finished units are in none.
  // Depends on these numbers and that of ranks alone.
  ComparisonPlan(const std::vector<ClusterWork>& clusters, const UnitSize& size,
                 const FinishedUnits& finished, u32 ranks);

  [[nodiscard]] const ComparisonTask& operator[](std::size_t task) const { return tasks_[task]; }
  [[nodiscard]] std::span<const ComparisonTask> of_cluster(std::size_t cluster) const {
    return std::span(tasks_).subspan(first_[cluster], first_[cluster + 1] - first_[cluster]);
  }
  [[nodiscard]] std::size_t first_of_cluster(std::size_t cluster) const { return first_[cluster]; }
  // Which has this unit; none when it is finished.
  [[nodiscard]] std::optional<std::size_t> task_of(std::size_t cluster, u32 unit) const;
  // About, and of all units of all tasks of a rank.
  [[nodiscard]] u64 pairs_of_unit(std::size_t task) const {
    return pairs_of_unit_[tasks_[task].cluster];
  }
  [[nodiscard]] u64 pairs_of_rank(Rank rank) const;

 private:
  std::vector<ComparisonTask> tasks_;
  std::vector<std::size_t> first_;
  std::vector<u64> pairs_of_unit_;  // by cluster
};

}  // namespace shardmill

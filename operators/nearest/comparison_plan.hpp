// Which rank compares which part of a cluster.
#pragma once

#include <span>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// A cluster's documents, in order of priority, are cut into slices of kSlice; a part compares the
// documents of every `of`-th slice with all better ones. All vectors of the cluster are there.
struct ComparisonTask {
  u32 part = 0;
  u32 of = 1;
  Rank rank;

  static constexpr u64 kSlice = 64;
  [[nodiscard]] bool compares(u64 position) const { return position / kSlice % of == part; }
};

// Tasks are numbered; those of a cluster are side by side.
class ComparisonPlan {
 public:
  // By cluster, pairs that are compared: the work. A cluster that has more than a rank's share of
  // all pairs is cut into parts of about that size, at most one for each rank; tasks are dealt out
  // longest first. Depends on these numbers and that of ranks alone.
  ComparisonPlan(const std::vector<u128>& pairs, u32 ranks);

  [[nodiscard]] const ComparisonTask& operator[](std::size_t task) const { return tasks_[task]; }
  [[nodiscard]] std::span<const ComparisonTask> of_cluster(std::size_t cluster) const {
    return std::span(tasks_).subspan(first_[cluster], first_[cluster + 1] - first_[cluster]);
  }
  [[nodiscard]] std::size_t first_of_cluster(std::size_t cluster) const { return first_[cluster]; }

 private:
  std::vector<ComparisonTask> tasks_;
  std::vector<std::size_t> first_;
};

}  // namespace shardmill

#include "operators/nearest/comparison_plan.hpp"

#include <algorithm>

#include "engine/plan/fragments.hpp"

namespace shardmill {

u32 ClusterWork::units(const UnitSize& size) const {
  const u128 by_pairs = pairs / size.pairs;
  const u64 by_queries = queries / size.queries;
  return static_cast<u32>(std::clamp<u128>(std::min<u128>(by_pairs, by_queries), 1, UINT32_MAX));
}

ComparisonPlan::ComparisonPlan(const std::vector<ClusterWork>& clusters, const UnitSize& size,
                               const FinishedUnits& finished, u32 ranks) {
  std::vector<u128> pairs;  // that are left, by cluster
  u128 all = 0;
  std::vector<std::vector<u32>> open;
  for (std::size_t c = 0; c < clusters.size(); ++c) {
    const u32 units = clusters[c].units(size);
    const auto found = finished.find(c);
    auto done = found == finished.end() ? std::span<const u32>() : std::span(found->second);
    std::vector<u32>& left = open.emplace_back();
    for (u32 unit = 0; unit < units; ++unit) {
      while (!done.empty() && done.front() < unit) done = done.subspan(1);
      if (done.empty() || done.front() != unit) left.push_back(unit);
    }
    pairs.push_back(clusters[c].pairs / units * left.size());
    pairs_of_unit_.push_back(
        static_cast<u64>(std::min<u128>(clusters[c].pairs / units, UINT64_MAX / 2)));
    all += pairs.back();
  }
  std::vector<u64> weights;
  for (std::size_t c = 0; c < clusters.size(); ++c) {
    first_.push_back(tasks_.size());
    const u128 shares = all == 0 ? 0 : pairs[c] * ranks / all;
    const auto parts =
        static_cast<u32>(std::min<u128>(std::clamp<u128>(shares, 1, ranks), open[c].size()));
    for (u32 part = 0; part < parts; ++part) {
      ComparisonTask task{c, {}, clusters[c].units(size), {}};
      for (std::size_t i = part; i < open[c].size(); i += parts) task.units.push_back(open[c][i]);
      weights.push_back(static_cast<u64>(
          std::min<u128>(u128{pairs_of_unit_[c]} * task.units.size(), UINT64_MAX / 2)));
      tasks_.push_back(std::move(task));
    }
  }
  first_.push_back(tasks_.size());
  const std::vector<Rank> dealt = assign_longest_first(weights, ranks);
  for (std::size_t task = 0; task < tasks_.size(); ++task) tasks_[task].rank = dealt[task];
}

std::optional<std::size_t> ComparisonPlan::task_of(std::size_t cluster, u32 unit) const {
  const std::size_t parts = first_[cluster + 1] - first_[cluster];
  for (std::size_t i = 0; i < parts; ++i) {
    const std::size_t task =
        first_[cluster] + (unit + i) % parts;  // where none was finished, at once
    const std::vector<u32>& units = tasks_[task].units;
    if (std::binary_search(units.begin(), units.end(), unit)) return task;
  }
  return std::nullopt;
}

u64 ComparisonPlan::pairs_of_rank(Rank rank) const {
  u64 sum = 0;
  for (std::size_t task = 0; task < tasks_.size(); ++task) {
    if (tasks_[task].rank == rank) sum += pairs_of_unit(task) * tasks_[task].units.size();
  }
  return sum;
}

}  // namespace shardmill

#include "operators/semantic/comparison_plan.hpp"

#include <algorithm>

#include "engine/plan/fragments.hpp"

namespace shardmill {

ComparisonPlan::ComparisonPlan(const std::vector<u64>& cluster_sizes, u32 ranks) {
  u128 all_pairs = 0;
  for (const u64 size : cluster_sizes) all_pairs += u128{size} * size;
  std::vector<u64> weights;
  for (const u64 size : cluster_sizes) {
    first_.push_back(tasks_.size());
    const u128 pairs = u128{size} * size;
    const u128 shares = all_pairs == 0 ? 0 : pairs * ranks / all_pairs;
    const u32 parts = static_cast<u32>(std::clamp<u128>(shares, 1, ranks));
    for (u32 part = 0; part < parts; ++part) {
      tasks_.push_back({part, parts, {}});
      weights.push_back(static_cast<u64>(std::min<u128>(pairs / parts, UINT64_MAX / 2)));
    }
  }
  first_.push_back(tasks_.size());
  const std::vector<Rank> dealt = assign_longest_first(weights, ranks);
  for (std::size_t task = 0; task < tasks_.size(); ++task) tasks_[task].rank = dealt[task];
}

}  // namespace shardmill

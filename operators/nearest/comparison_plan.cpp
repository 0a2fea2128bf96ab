#include "operators/nearest/comparison_plan.hpp"

#include <algorithm>

#include "engine/plan/fragments.hpp"

namespace shardmill {

ComparisonPlan::ComparisonPlan(const std::vector<u128>& pairs, u32 ranks) {
  u128 all = 0;
  for (const u128 of_cluster : pairs) all += of_cluster;
  std::vector<u64> weights;
  for (const u128 of_cluster : pairs) {
    first_.push_back(tasks_.size());
    const u128 shares = all == 0 ? 0 : of_cluster * ranks / all;
    const u32 parts = static_cast<u32>(std::clamp<u128>(shares, 1, ranks));
    for (u32 part = 0; part < parts; ++part) {
      tasks_.push_back({part, parts, {}});
      weights.push_back(static_cast<u64>(std::min<u128>(of_cluster / parts, UINT64_MAX / 2)));
    }
  }
  first_.push_back(tasks_.size());
  const std::vector<Rank> dealt = assign_longest_first(weights, ranks);
  for (std::size_t task = 0; task < tasks_.size(); ++task) tasks_[task].rank = dealt[task];
}

}  // namespace shardmill

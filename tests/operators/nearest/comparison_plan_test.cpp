#include "operators/nearest/comparison_plan.hpp"

#include <gtest/gtest.h>

#include <map>

namespace shardmill {
namespace {

// Every document of a cluster is compared by exactly one of its tasks.
TEST(ComparisonPlan, EachDocumentIsComparedOnce) {
  for (const u32 ranks : {1U, 2U, 5U}) {
    const std::vector<u64> sizes = {0, 1000, 3, 0, 64, 65};
    std::vector<u128> pairs;
    for (const u64 size : sizes) pairs.push_back(u128{size} * size);
    const ComparisonPlan plan(pairs, ranks);
    std::size_t tasks = 0;
    for (std::size_t c = 0; c < sizes.size(); ++c) {
      EXPECT_EQ(plan.first_of_cluster(c), tasks);
      ASSERT_FALSE(plan.of_cluster(c).empty());
      for (u64 position = 0; position < sizes[c]; ++position) {
        u32 times = 0;
        for (const ComparisonTask& task : plan.of_cluster(c)) times += task.compares(position);
        EXPECT_EQ(times, 1U);
      }
      for (const ComparisonTask& task : plan.of_cluster(c)) {
        EXPECT_LT(task.rank.value, ranks);
        EXPECT_EQ(&plan[tasks], &task);
        ++tasks;
      }
    }
  }
}

TEST(ComparisonPlan, OneClusterIsSharedByAllRanks) {
  const ComparisonPlan plan(std::vector<u128>{5000}, 4);
  std::map<u32, u32> tasks;
  for (const ComparisonTask& task : plan.of_cluster(0)) ++tasks[task.rank.value];
  EXPECT_EQ(tasks, (std::map<u32, u32>{{0, 1}, {1, 1}, {2, 1}, {3, 1}}));
}

TEST(ComparisonPlan, ManyClustersStayWhole) {
  const ComparisonPlan plan(std::vector<u128>(100, 50), 4);
  std::map<u32, u32> tasks;
  for (std::size_t c = 0; c < 100; ++c) {
    ASSERT_EQ(plan.of_cluster(c).size(), 1U);
    ++tasks[plan[c].rank.value];
  }
  EXPECT_EQ(tasks, (std::map<u32, u32>{{0, 25}, {1, 25}, {2, 25}, {3, 25}}));
}

}  // namespace
}  // namespace shardmill

#include "operators/nearest/comparison_plan.hpp"

#include <gtest/gtest.h>

#include <set>

namespace shardmill {
namespace {

constexpr UnitSize kSmall{1000, 10};

std::vector<ClusterWork> work_of(const std::vector<u64>& queries) {
  std::vector<ClusterWork> work;
  for (const u64 n : queries) work.push_back({u128{n} * n, n});
  return work;
}

// Every unit of a cluster is in exactly one of its tasks, but for the finished ones.
TEST(ComparisonPlan, EachUnitIsInOneTask) {
  const std::vector<ClusterWork> work = work_of({0, 1000, 3, 0, 64, 65});
  const FinishedUnits finished = {{1, {0, 7, 99}}, {2, {0}}, {5, {1, 2, 40}}};
  for (const u32 ranks : {1U, 2U, 5U}) {
    const ComparisonPlan plan(work, kSmall, finished, ranks);
    std::size_t tasks = 0;
    std::vector<u64> pairs(ranks, 0);
    for (std::size_t c = 0; c < work.size(); ++c) {
      EXPECT_EQ(plan.first_of_cluster(c), tasks);
      std::set<u32> expected;
      for (u32 unit = 0; unit < work[c].units(kSmall); ++unit) expected.insert(unit);
      if (finished.contains(c)) {
        for (const u32 unit : finished.at(c)) expected.erase(unit);
      }
      for (const ComparisonTask& task : plan.of_cluster(c)) {
        EXPECT_LT(task.rank.value, ranks);
        EXPECT_EQ(&plan[tasks], &task);
        EXPECT_EQ(task.cluster, c);
        EXPECT_EQ(task.of, work[c].units(kSmall));
        EXPECT_FALSE(task.units.empty());
        for (const u32 unit : task.units) {
          EXPECT_EQ(expected.erase(unit), 1U);
          EXPECT_EQ(plan.task_of(c, unit), tasks);
          pairs[task.rank.value] += plan.pairs_of_unit(tasks);
        }
        ++tasks;
      }
      EXPECT_TRUE(expected.empty());
    }
    EXPECT_EQ(plan.task_of(1, 7), std::nullopt);
    for (u32 rank = 0; rank < ranks; ++rank) EXPECT_EQ(plan.pairs_of_rank(Rank{rank}), pairs[rank]);
  }
}

TEST(ComparisonPlan, UnitsAreLargeAndDoNotDependOnRanks) {
  EXPECT_EQ(work_of({1000})[0].units(kSmall), 100U);  // of 10 queries
  EXPECT_EQ(work_of({64})[0].units(kSmall), 4U);      // of 1,024 pairs
  EXPECT_EQ(work_of({0})[0].units(kSmall), 1U);
  EXPECT_EQ(work_of({8191})[0].units({}), 1U);
  EXPECT_EQ(work_of({8192})[0].units({}), 2U);                          // of 4,096 queries
  EXPECT_EQ((ClusterWork{u128{1} << 27, u64{1} << 20}.units({})), 8U);  // of 2^24 pairs
}

TEST(ComparisonPlan, OneClusterIsSharedByAllRanks) {
  const ComparisonPlan plan(work_of({5000}), kSmall, {}, 4);
  std::multiset<u32> ranks;
  for (const ComparisonTask& task : plan.of_cluster(0)) ranks.insert(task.rank.value);
  EXPECT_EQ(ranks, (std::multiset<u32>{0, 1, 2, 3}));
}

// What is finished makes no cluster large.
TEST(ComparisonPlan, RanksShareWhatIsLeft) {
  std::vector<u32> all_but_four;
  for (u32 unit = 4; unit < 500; ++unit) all_but_four.push_back(unit);
  const ComparisonPlan plan(work_of({5000, 450}), kSmall, {{0, all_but_four}}, 2);
  EXPECT_EQ(plan.of_cluster(0).size(), 1U);
  const u64 mine = plan.pairs_of_rank(Rank{0});
  const u64 others = plan.pairs_of_rank(Rank{1});
  EXPECT_LT(std::max(mine, others), 2 * std::min(mine, others));
}

TEST(ComparisonPlan, ManyClustersStayWhole) {
  const ComparisonPlan plan(work_of(std::vector<u64>(100, 50)), kSmall, {}, 4);
  std::vector<u32> tasks(4, 0);
  for (std::size_t c = 0; c < 100; ++c) {
    ASSERT_EQ(plan.of_cluster(c).size(), 1U);
    ++tasks[plan[c].rank.value];
  }
  EXPECT_EQ(tasks, (std::vector<u32>{25, 25, 25, 25}));
}

}  // namespace
}  // namespace shardmill

#include "engine/algorithm/join_routes.hpp"

#include "engine/algorithm/join.hpp"
#include "tests/engine/algorithm/join_cases.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

using Plan = JoinRoutes::Plan;

// `mine` holds the bytes of a side by rank.
Plan plan_for(JoinKind kind, const std::vector<u64>& left, const std::vector<u64>& right,
              u64 lease_bytes) {
  std::vector<Plan> plans(left.size());
  run_on_threads(narrow<u32>(left.size()), {}, [&](Cluster& cluster) {
    const u32 me = cluster.rank().value;
    plans[me] = JoinRoutes(cluster, kind, left[me], right[me], lease_bytes).plan();
  });
  for (const Plan plan : plans) EXPECT_EQ(plan, plans[0]) << "ranks do not agree";
  return plans[0];
}

TEST(JoinRoutes, ASmallSideIsReplicatedWhereThatIsLessWork) {
  for (const JoinKind kind : kJoinKinds) {
    EXPECT_EQ(plan_for(kind, {900, 900, 900}, {10, 0, 5}, 1000), Plan::replicate_right);
    EXPECT_EQ(plan_for(kind, {900, 900, 900}, {400, 400, 400}, 10'000), Plan::partition);
    EXPECT_EQ(plan_for(kind, {900, 900, 900}, {10, 0, 5}, 14), Plan::partition) << "does not fit";
    EXPECT_EQ(plan_for(kind, {2700, 0, 0}, {10, 0, 5}, 1000), Plan::partition) << "all on one";
    EXPECT_EQ(plan_for(kind, {10, 0, 5}, {900, 900, 900}, 1000),
              kind == JoinKind::inner ? Plan::replicate_left : Plan::partition);
    EXPECT_EQ(plan_for(kind, {0, 0}, {0, 0}, 1000), Plan::partition);
    EXPECT_EQ(plan_for(kind, {900}, {1}, 1000), Plan::partition);
  }
}

// Left rows that each rank meets in a join of 20,000 with as many; half of them have one key, and
// are identical.
TEST(JoinRoutes, HalfOfTheRowsWithOneKeyAreSharedOut) {
  constexpr u32 kRanks = 4;
  const JoinCase half = join_case(JoinKind::semi, 1, 20'000, 20'000, 7'000, 50);
  PerRank<u64> met(kRanks);
  run_on_threads(kRanks, {}, [&](Cluster& cluster) {
    Records<Left> left(cluster, "left", cluster.budget.lease("left", 0.1));
    Records<Right> right(cluster, "right", cluster.budget.lease("right", 0.1));
    for (std::size_t i = cluster.rank().value; i < half.left.size(); i += kRanks) {
      const Left& row = half.left[i];
      left.push(row.key == 0 ? Left{7, 0} : row);
      right.push(half.right[i]);
    }
    join(
        cluster, "join", std::move(left), std::move(right), [](const Left& l) { return l.key; },
        [](const Right& r) { return r.key; }, half.kind,
        [&](const Left& l, const Right*) { met.of(cluster).push_back(l.key); });
  });
  const u64 fair = met.all().size() / kRanks;
  EXPECT_GT(fair, 4000U);
  for (const auto& part : met.parts()) {
    EXPECT_LT(part.size() * 10, fair * 13);
    EXPECT_GT(part.size() * 13, fair * 10);
  }
}

TEST(JoinRoutes, OnlyKeysWithManyRowsAreHot) {
  run_on_threads(2, {}, [](Cluster& cluster) {
    JoinRoutes routes(cluster, JoinKind::left, 100, 100, 0);
    std::vector<u64> sample = {5, 5, 5, 5, 9, 9, 9};
    for (u64 i = 0; i < 56; ++i) sample.push_back(100 + cluster.rank().value * 56 + i);
    routes.spread_hot_keys(cluster, sample, {});  // 126 of them, an eighth of a half is 7.9
    EXPECT_EQ(routes.hot(), std::vector<u64>{5});
  });
}

// All right rows have key 5, and half of the left ones: on two ranks that would be 400 bytes for
// the 100 of the left rows.
TEST(JoinRoutes, AKeyWithManyRightRowsIsHotForPairsOnly) {
  for (const JoinKind kind : kJoinKinds) {
    for (const u64 right_bytes : {20, 200}) {
      run_on_threads(2, {}, [&](Cluster& cluster) {
        JoinRoutes routes(cluster, kind, 100, right_bytes / 2, 0);
        std::vector<u64> sample(8, 5);
        for (u64 i = 0; i < 8; ++i) sample.push_back(100 + cluster.rank().value * 8 + i);
        routes.spread_hot_keys(cluster, sample, {5, 5, 5});
        const bool pairs = kind == JoinKind::inner || kind == JoinKind::left;
        EXPECT_EQ(routes.hot(),
                  pairs || right_bytes == 20 ? std::vector<u64>{5} : std::vector<u64>{});
      });
    }
  }
}

}  // namespace
}  // namespace shardmill

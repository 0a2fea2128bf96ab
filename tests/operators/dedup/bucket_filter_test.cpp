#include "operators/dedup/bucket_filter.hpp"

#include "engine/hash/hash.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

class BucketFilterShapes : public ClusterShapes {};
SHARDMILL_FEW_SHAPES(BucketFilterShapes);

TEST_P(BucketFilterShapes, HasWhatAnyRankNamesAndFewOthers) {
  constexpr u64 kNamed = 5000;
  run([&](Cluster& cluster) {
    Records<u64> mine(cluster, "mine", cluster.budget.lease("mine", 0.05));
    for (u64 i = cluster.rank().value; i < kNamed; i += cluster.size()) mine.push(mix64(i));
    const BucketFilter filter(cluster, "named", mine);
    for (u64 i = 0; i < kNamed; ++i) EXPECT_TRUE(filter.has(mix64(i)));
    u64 others = 0;
    for (u64 i = kNamed; i < 3 * kNamed; ++i) others += filter.has(mix64(i)) ? 1 : 0;
    EXPECT_LT(others, kNamed / 5) << "one in 16 is expected";
    const BucketFilter none(cluster, "none", Records<u64>(cluster, "no", Lease()));
    EXPECT_FALSE(none.has(mix64(1)));
    EXPECT_TRUE(BucketFilter().has(mix64(1)));
  });
}

}  // namespace
}  // namespace shardmill

#include "engine/exchange/partition.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace shardmill {
namespace {

TEST(Partition, CoversTheHashSpaceInOrder) {
  EXPECT_EQ(partition_of(0), 0U);
  EXPECT_EQ(partition_of(~u64{0}), kPartitions - 1);
  for (u64 hash = 0; hash < ~u64{0} - (u64{1} << 50); hash += u64{1} << 50) {
    EXPECT_LE(partition_of(hash), partition_of(hash + (u64{1} << 50)));
  }
}

TEST(Partition, EachRankOwnsAContiguousFairRange) {
  for (const u32 ranks : {1U, 2U, 3U, 5U, 64U, 1000U}) {
    std::vector<u32> owned(ranks);
    u32 last = 0;
    for (u32 p = 0; p < kPartitions; ++p) {
      const u32 owner = owner_of_partition(p, ranks).value;
      ASSERT_LT(owner, ranks);
      ASSERT_TRUE(owner == last || owner == last + 1);
      last = owner;
      ++owned[owner];
    }
    for (const u32 n : owned) {
      EXPECT_GE(n, kPartitions / ranks);
      EXPECT_LE(n, kPartitions / ranks + 1);
    }
  }
}

}  // namespace
}  // namespace shardmill

#include "engine/exchange/partition.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace shardmill {
namespace {

TEST(Partition, EachRankOwnsAContiguousFairRangeOfHashes) {
  constexpr u64 kSteps = u64{1} << 18;
  constexpr u64 kStep = u64{1} << 46;
  for (const u32 ranks : {1U, 2U, 3U, 5U, 64U, 1000U, 16'384U}) {
    std::vector<u64> owned(ranks);
    u32 last = 0;
    for (u64 i = 0; i < kSteps; ++i) {
      const u32 owner = owner_of(i * kStep, ranks).value;
      ASSERT_LT(owner, ranks);
      ASSERT_TRUE(owner == last || owner == last + 1);
      last = owner;
      ++owned[owner];
    }
    EXPECT_EQ(owner_of(~u64{0}, ranks).value, ranks - 1);
    for (const u64 n : owned) {
      EXPECT_GE(n, kSteps / ranks);
      EXPECT_LE(n, kSteps / ranks + 1);
    }
  }
}

}  // namespace
}  // namespace shardmill

#include "operators/tokenize/rank_queue.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/operators/text/vectors.hpp"

namespace shardmill {
namespace {

TEST(RankQueue, GivesTheLowestRankThenTheLeftmost) {
  testing::Random random(1);
  RankQueue queue;
  std::multiset<std::pair<u32, u32>> all;
  for (int step = 0; step < 200'000; ++step) {
    // In turns it fills and empties.
    if (random.below(100) < (step / 10'000 % 2 == 0 ? 70U : 30U)) {
      const auto rank = static_cast<u32>(random.below(20));
      const auto position = static_cast<u32>(random.below(2) == 0 ? step : random.below(1000));
      queue.push(rank, position);
      all.emplace(rank, position);
      continue;
    }
    const auto entry = queue.pop();
    ASSERT_EQ(entry.has_value(), !all.empty());
    if (!entry) continue;
    ASSERT_EQ(entry->rank, all.begin()->first);
    ASSERT_EQ(entry->position, all.begin()->second);
    all.erase(all.begin());
  }
}

}  // namespace
}  // namespace shardmill

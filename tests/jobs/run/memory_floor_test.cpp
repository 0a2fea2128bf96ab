#include "jobs/run/memory_floor.hpp"

#include <gtest/gtest.h>

#include "engine/exchange/exchange.hpp"

namespace shardmill {
namespace {

// The leases of a join, and of the search for candidates, in the order in which they are taken,
// with the least memory that a run accepts (its longest record aside).
TEST(MemoryFloor, IsEnoughForAnyNumberOfRanks) {
  for (const u32 ranks : {1U, 2U, 100U, 160U, 300U, 1000U, 5000U, 16'384U}) {
    SCOPED_TRACE(std::to_string(ranks) + " ranks");
    const u64 frames = Exchange::smallest_memory(ranks);
    const u64 smallest = smallest_memory({{"frames", 3 * frames}, {"stages", u64{24} << 20}});
    for (const bool joins : {true, false}) {
      Budget budget({smallest});
      budget.keep_free({memory_kept_free(frames)});
      std::vector<Lease> held;
      const auto stage = [&](double share) { held.push_back(budget.lease("stage", share)); };
      const auto exchange = [&] { held.push_back(budget.lease("exchange", 1.0 / 16, {frames})); };
      for (const double share : {0.05, 0.08, 0.2, 0.2}) stage(share);
      for (int i = 0; i < (joins ? 2 : 3); ++i) {
        stage(0.5 / 3);
        exchange();
        if (joins) held.pop_back();
      }
      EXPECT_LE(budget.leased(), smallest);
    }
  }
}

}  // namespace
}  // namespace shardmill

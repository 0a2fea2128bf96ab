#include "operators/dedup/rounds.hpp"

#include <thread>

#include "cluster/signals.hpp"
#include "tests/operators/dedup/memory_of_nights.hpp"

namespace shardmill {
namespace {

class RoundsShapes : public ClusterShapes {
 protected:
  // f(cluster of its own stop flag, the flag, the memory, pairs that were compared).
  using Body = std::function<void(Cluster&, StopFlag&, MemoryOfNights&, Records<ComparedPair>&)>;
  void run_rounds(const Body& body) {
    MemoryOfNights memory(GetParam().ranks);
    run([&](Cluster& outer) {
      StopFlag stop;
      Cluster cluster{outer.control, outer.transport, outer.budget, outer.watchdog,
                      stop,          outer.scratch};
      Records<ComparedPair> compared(cluster, "compared", cluster.budget.lease("compared", 0.1));
      compared.push({cluster.rank().value, 100});
      body(cluster, stop, memory, compared);
    });
  }
  static bool last(const Cluster& cluster) { return cluster.rank().value + 1 == cluster.size(); }
};
SHARDMILL_FEW_SHAPES(RoundsShapes);

TEST_P(RoundsShapes, WithoutAMemoryThereIsOne) {
  run_rounds([](Cluster& cluster, StopFlag&, MemoryOfNights&, Records<ComparedPair>& compared) {
    Rounds rounds(cluster, nullptr, {1, {}, {}});
    EXPECT_EQ(rounds.pairs(), UINT64_MAX);
    EXPECT_FALSE(rounds.another(true, compared));
  });
}

TEST_P(RoundsShapes, ShortOnesGrowAndAreNotCommitted) {
  run_rounds(
      [](Cluster& cluster, StopFlag&, MemoryOfNights& memory, Records<ComparedPair>& compared) {
        Rounds rounds(cluster, &memory, Rounds::limits(cluster));
        const u64 first = rounds.pairs();
        EXPECT_TRUE(rounds.another(last(cluster), compared)) << "one has pairs left";
        EXPECT_EQ(rounds.pairs(), 2 * first);
        EXPECT_FALSE(rounds.another(false, compared));
        EXPECT_EQ(compared.size(), 1U);
        EXPECT_TRUE(memory.commits.of(cluster).empty());
      });
}

TEST_P(RoundsShapes, LongOnesShrinkAndAreCommitted) {
  run_rounds(
      [](Cluster& cluster, StopFlag&, MemoryOfNights& memory, Records<ComparedPair>& compared) {
        using std::chrono::milliseconds;
        Rounds rounds(cluster, &memory, {1000, milliseconds(10), milliseconds(20)});
        // The slowest counts.
        if (last(cluster)) std::this_thread::sleep_for(milliseconds(50));
        EXPECT_TRUE(rounds.another(true, compared));
        EXPECT_LE(rounds.pairs(), 1000U / 3);
        EXPECT_EQ(compared.size(), 0U);
        EXPECT_EQ(memory.commits.of(cluster), std::vector<u64>{cluster.size()});
        cluster.force_round_pairs = 7;
        Rounds forced(cluster, &memory, Rounds::limits(cluster));
        for (const bool left : {true, false}) {
          EXPECT_EQ(forced.pairs(), 7U);
          EXPECT_EQ(forced.another(left, compared), left);
        }
        EXPECT_EQ(memory.commits.of(cluster).size(), 3U);
      });
}

// One rank is asked to: all stop, behind a commit. Before the end of the last round nothing was
// committed, and there is no need to.
TEST_P(RoundsShapes, AStopIsBehindACommit) {
  run_rounds([](Cluster& cluster, StopFlag& stop, MemoryOfNights& memory,
                Records<ComparedPair>& compared) {
    if (last(cluster)) stop.set();
    Rounds rounds(cluster, &memory, Rounds::limits(cluster));
    EXPECT_FALSE(rounds.another(false, compared));
    EXPECT_TRUE(memory.commits.of(cluster).empty());
    EXPECT_THROW((void)rounds.another(cluster.rank().value == 0, compared), Stopped);
    EXPECT_EQ(compared.size(), 0U);
    EXPECT_EQ(memory.commits.of(cluster), std::vector<u64>{cluster.size()});
  });
}

}  // namespace
}  // namespace shardmill

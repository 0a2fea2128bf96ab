#include "operators/nearest/committed_units.hpp"

#include "cluster/signals.hpp"
#include "operators/nearest/neighbours.hpp"
#include "tests/cluster/temporary_folder.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

// f(cluster with a flag of its own, the flag)
void run_with_flag(u32 ranks, const std::function<void(Cluster&, StopFlag&)>& f) {
  run_shape({ranks, false}, [&](Cluster& outer) {
    StopFlag stop;
    Cluster cluster{outer.control, outer.transport, outer.budget, outer.watchdog,
                    stop,          outer.scratch};
    f(cluster, stop);
  });
}

// Long before a commit is due: what ranks have finished is committed when one of them stops, and
// only then.
TEST(CommittedUnits, AStopCommitsWhatAllHaveFinished) {
  TemporaryFolder folder;
  const auto begun = [&] { return BegunWork(folder / "begun", "a step"); };
  run_with_flag(3, [&](Cluster& cluster, StopFlag& stop) {
    const BegunWork work = begun();
    CommittedUnits<Neighbour> units(cluster, {&work, 7}, "test");
    EXPECT_TRUE(units.finished().empty());
    const u64 rank = cluster.rank().value;
    units.fresh().push({rank, 1, 1});
    EXPECT_TRUE(units.finish(5, narrow<u32>(rank)));
    units.fresh().push({rank, 2, 2});
    if (rank == 2) stop.set();
    EXPECT_EQ(units.finish(6, narrow<u32>(rank)), rank != 2);
    EXPECT_THROW((void)units.end(rank == 2), Stopped);
  });
  PerRank<Neighbour> found(2);
  run_with_flag(2, [&](Cluster& cluster, StopFlag&) {
    const BegunWork work = begun();
    CommittedUnits<Neighbour> others(cluster, {&work, 8}, "others");
    EXPECT_TRUE(others.finished().empty()) << "of other vectors";
    cluster.force_round_pairs = 100;
    CommittedUnits<Neighbour> smaller(cluster, {&work, 7}, "smaller");
    EXPECT_TRUE(smaller.finished().empty()) << "of another size";
    cluster.force_round_pairs = 0;
    CommittedUnits<Neighbour> units(cluster, {&work, 7}, "test");
    EXPECT_EQ(units.finished(), (FinishedUnits{{5, {0, 1, 2}}, {6, {0, 1, 2}}}));
    units.end(false).for_each([&](const Neighbour& one) { found.of(cluster).push_back(one); });
  });
  std::vector<Neighbour> all = found.all();
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (std::vector<Neighbour>{
                     {0, 1, 1}, {0, 2, 2}, {1, 1, 1}, {1, 2, 2}, {2, 1, 1}, {2, 2, 2}}));
}

TEST(CommittedUnits, WithoutAPlaceNothingIsKeptAndNothingStops) {
  run_with_flag(2, [&](Cluster& cluster, StopFlag& stop) {
    stop.set();
    CommittedUnits<Neighbour> units(cluster, {}, "test");
    units.fresh().push({1, 2, 3});
    EXPECT_TRUE(units.finish(0, 0));
    EXPECT_EQ(units.end(false).size(), 1U);
  });
}

}  // namespace
}  // namespace shardmill

#include <gtest/gtest.h>

#include <atomic>

#include "cluster/signals.hpp"
#include "cluster/thread_cluster.hpp"
#include "tests/cluster/cluster_checks.hpp"

namespace shardmill {
namespace {

class Ranks : public testing::TestWithParam<u32> {};

TEST_P(Ranks, CollectivesGiveTheExpectedValues) {
  run_on_threads(GetParam(), {}, [](Cluster& c) { checks::check_collectives(c.control); });
}

TEST_P(Ranks, ErrorsAreAgreedOn) {
  run_on_threads(GetParam(), {}, [](Cluster& c) { checks::check_agreement(c.control); });
}

TEST_P(Ranks, AnAgreedErrorReachesTheCallerAsItsKind) {
  EXPECT_THROW(run_on_threads(GetParam(), {},
                              [](Cluster& c) {
                                agree(c.control, []() -> std::string { throw LockedError("x"); });
                              }),
               LockedError);
}

TEST_P(Ranks, OneRankAskedToStopStopsAll) {
  std::atomic<u32> stopped{0};
  run_on_threads(GetParam(), {}, [&](Cluster& c) {
    StopFlag mine;
    stop_if_asked(c.control, mine, "nobody asked");
    if (c.rank().value == c.size() - 1) mine.set();
    try {
      stop_if_asked(c.control, mine, "stop");
    } catch (const Stopped&) {
      ++stopped;
    }
  });
  EXPECT_EQ(stopped, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Of, Ranks, testing::Values(1, 2, 3, 5));

TEST(ThreadCommunicator, DifferentCollectivesAreAnError) {
  try {
    run_on_threads(2, {}, [](Cluster& c) {
      if (c.control.is_root()) {
        c.control.barrier();
      } else {
        c.control.broadcast("");
      }
    });
    FAIL() << "nothing was thrown";
  } catch (const InternalError& error) {
    EXPECT_NE(std::string(error.what()).find("broadcast"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("barrier"), std::string::npos) << error.what();
  }
}

TEST(ThreadCommunicator, DifferentCountsAreAnError) {
  EXPECT_THROW(
      run_on_threads(2, {},
                     [](Cluster& c) { c.control.all_sum(std::vector<u64>(1 + c.rank().value)); }),
      InternalError);
}

}  // namespace
}  // namespace shardmill

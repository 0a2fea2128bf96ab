// What a stopped run has committed, over stages and ranks.
#include "jobs/run/stopped_run.hpp"

#include <gtest/gtest.h>

#include "cluster/thread_cluster.hpp"

namespace shardmill {
namespace {

TEST(StoppedRun, CountsWhatAllRanksCommittedInAllStages) {
  run_on_threads(3, {}, [](Cluster& cluster) {
    Observer observer(cluster.rank(), 3, {}, Observer::Progress::none);
    EXPECT_EQ(committed_by_all(cluster.control, observer), 0U);
    observer.stage("read");
    observer.count(kCommitted, 2);
    observer.count("text_bytes", 100);
    observer.stage("dedup.exact");
    if (cluster.control.is_root()) observer.count(kCommitted, 1);
    EXPECT_EQ(committed_by_all(cluster.control, observer), 7U);
  });
}

TEST(StoppedRun, SaysWhenItGotNowhere) {
  const Stopped stopped("stopped by a signal while reading");
  EXPECT_EQ(stopped_message(stopped, 1), stopped.what());
  EXPECT_NE(stopped_message(stopped, 0).find("committed nothing new"), std::string::npos);
}

}  // namespace
}  // namespace shardmill

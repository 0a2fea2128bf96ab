// What a run was warned of, over ranks.
#include <gtest/gtest.h>

#include "cluster/thread_cluster.hpp"
#include "jobs/run/run_record.hpp"

namespace shardmill {
namespace {

TEST(Warnings, OfAllRanksWithTheirNumber) {
  run_on_threads(3, {}, [](Cluster& cluster) {
    Observer observer(cluster.rank(), 3, {}, Observer::Progress::none);
    EXPECT_EQ(gather_warnings(cluster.control, observer).count, 0U);
    observer.log("info", "read");
    if (cluster.rank().value == 1) observer.log("warning", "odd", {{"path", "a\xff"}});
    const Warnings one = gather_warnings(cluster.control, observer);
    EXPECT_EQ(one.first, (std::vector<std::string>{"odd: path a\\xff"}));
    EXPECT_EQ(one.count, 1U);
    for (int i = 0; i < 60; ++i) observer.log("warning", "w" + std::to_string(i));
    const Warnings many = gather_warnings(cluster.control, observer);
    EXPECT_EQ(many.first.size(), Observer::kMostWarnings);
    EXPECT_EQ(many.first[59], "w59");
    EXPECT_EQ(many.first[60], "odd: path a\\xff");
    EXPECT_EQ(many.count, 181U);
  });
}

}  // namespace
}  // namespace shardmill

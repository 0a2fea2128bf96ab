#include "jobs/command/gc.hpp"

#include <gtest/gtest.h>

namespace shardmill {
namespace {

// Numbers 1 to 6, a day apart; 6 is an hour old and the newest, 5 is current.
std::vector<SnapshotInfo> six() {
  std::vector<SnapshotInfo> list(6);
  for (std::size_t i = 0; i < 6; ++i) {
    list[i].number = i + 1;
    list[i].age_days = static_cast<double>(5 - i) + 1.0 / 24;
  }
  list[4].current = true;
  list[5].newest = true;
  return list;
}

using Numbers = std::vector<u64>;

TEST(Expired, KeepsTheNewestByNumberAndByAge) {
  EXPECT_EQ(expired(six(), 6, {}), Numbers{});
  EXPECT_EQ(expired(six(), 3, {}), (Numbers{1, 2, 3}));
  EXPECT_EQ(expired(six(), 1, {}), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(expired(six(), 1, 4), (Numbers{1, 2}));
  EXPECT_EQ(expired(six(), 5, 1), (Numbers{1}));
  EXPECT_EQ(expired({}, 1, {}), Numbers{});
}

TEST(Expired, KeepsWhatIsCurrentTaggedOrRead) {
  std::vector<SnapshotInfo> list = six();
  list[0].tags = {"paper"};
  list[1].read = true;
  list[4].current = false;
  list[2].current = true;
  EXPECT_EQ(expired(list, 1, {}), (Numbers{4, 5}));
}

}  // namespace
}  // namespace shardmill

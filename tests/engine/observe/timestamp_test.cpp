#include "engine/observe/timestamp.hpp"

#include <gtest/gtest.h>

namespace shardmill {
namespace {

std::string at(long long milliseconds) {
  return rfc3339(std::chrono::system_clock::time_point(std::chrono::milliseconds(milliseconds)));
}

// Expected values from `date -u -d @SECONDS`.
TEST(Timestamp, KnownInstants) {
  EXPECT_EQ(at(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(at(1709251199007), "2024-02-29T23:59:59.007Z");
  EXPECT_EQ(at(1000000000123), "2001-09-09T01:46:40.123Z");
  EXPECT_EQ(at(-1), "1969-12-31T23:59:59.999Z");
}

TEST(Timestamp, RoundsDownSoThatNoTimeIsInTheFuture) {
  const std::chrono::system_clock::time_point time{std::chrono::nanoseconds(1'999'999'999)};
  EXPECT_EQ(rfc3339(time), "1970-01-01T00:00:01.999Z");
}

}  // namespace
}  // namespace shardmill

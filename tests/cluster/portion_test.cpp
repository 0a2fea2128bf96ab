#include <gtest/gtest.h>

#include "cluster/watchdog.hpp"

namespace shardmill {
namespace {

TEST(Portion, TheOuterOneIsSeenAndOnlyWhileItLives) {
  Watchdog watchdog({0}, std::chrono::seconds(0), [](const std::string&) {});
  EXPECT_FALSE(watchdog.portion());
  {
    Portion outer(watchdog, "comparing", 10, "pairs");
    outer.advance(3);
    {
      Portion inner(watchdog, "reading", 500, "B");
      inner.advance(7);
      EXPECT_EQ(watchdog.portion()->name, "comparing");
    }
    outer.advance(1);
    ASSERT_TRUE(watchdog.portion());
    EXPECT_EQ(watchdog.portion()->done, 4U);
    EXPECT_EQ(watchdog.portion()->total, 10U);
    EXPECT_EQ(watchdog.portion()->unit, "pairs");
    EXPECT_GE(watchdog.portion()->seconds, 0);
  }
  EXPECT_FALSE(watchdog.portion());
}

}  // namespace
}  // namespace shardmill

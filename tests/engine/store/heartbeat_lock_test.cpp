#include "engine/store/heartbeat_lock.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <vector>

#include "cluster/error.hpp"
#include "engine/store/file.hpp"
#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {
namespace {

using namespace std::chrono_literals;

void age(const std::filesystem::path& path, std::chrono::seconds by) {
  std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) - by);
}

TEST(HeartbeatLock, IsHeldByOneAndGoesWithIt) {
  const TemporaryFolder folder;
  const auto path = folder / "held";
  {
    const auto held = HeartbeatLock::try_for(path, "somebody", 60s);
    ASSERT_NE(held, nullptr);
    EXPECT_EQ(HeartbeatLock::try_for(path, "another", 60s), nullptr);
    EXPECT_TRUE(read_whole_file(path).starts_with("somebody\n"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  EXPECT_NE(HeartbeatLock::try_for(path, "another", 60s), nullptr);
}

TEST(HeartbeatLock, BeatsWhileItIsHeld) {
  const TemporaryFolder folder;
  const auto path = folder / "held";
  const auto held = HeartbeatLock::try_for(path, "somebody", 3s);
  age(path, 10s);
  std::this_thread::sleep_for(1500ms);  // three beats
  EXPECT_EQ(HeartbeatLock::try_for(path, "another", 3s), nullptr);
}

TEST(HeartbeatLock, OneThatIsTooOldIsTakenOverByExactlyOne) {
  for (int round = 0; round < 8; ++round) {
    const TemporaryFolder folder;
    const auto path = folder / "held";
    // A process that died while it wrote leaves less than a line.
    std::ofstream(path) << (round % 2 == 0 ? "process 1 on h\nabc\n" : "");
    age(path, 30s);
    EXPECT_EQ(HeartbeatLock::try_for(path, "early", 60s), nullptr);
    age(path, 31s);
    std::vector<std::unique_ptr<HeartbeatLock>> taken(8);
    std::atomic<int> waiting{8};
    std::vector<std::thread> contenders;
    for (auto& mine : taken) {
      contenders.emplace_back([&] {
        --waiting;
        while (waiting > 0) std::this_thread::yield();
        mine = HeartbeatLock::try_for(path, "contender", 60s);
      });
    }
    for (std::thread& contender : contenders) contender.join();
    EXPECT_EQ(std::count(taken.begin(), taken.end(), nullptr), 7) << round;
  }
}

TEST(HeartbeatLock, WhoLosesItEnds) {
  const auto lose = [] {
    const TemporaryFolder folder;
    const auto held = HeartbeatLock::try_for(folder / "held", "somebody", 600ms);
    write_file_atomically(folder / "held", "another\n");
    std::this_thread::sleep_for(10s);
  };
  EXPECT_EXIT(lose(), testing::ExitedWithCode(5), "held is in other hands");
}

TEST(HeartbeatLock, ItsLimitIsANumberOfSeconds) {
  ::unsetenv("SHARDMILL_LOCK_SECONDS");
  EXPECT_EQ(heartbeat_limit(), 60s);
  ::setenv("SHARDMILL_LOCK_SECONDS", "7", 1);
  EXPECT_EQ(heartbeat_limit(), 7s);
  for (const char* wrong : {"0", "a", "86401", ""}) {
    ::setenv("SHARDMILL_LOCK_SECONDS", wrong, 1);
    EXPECT_THROW((void)heartbeat_limit(), ConfigError) << wrong;
  }
  ::unsetenv("SHARDMILL_LOCK_SECONDS");
}

}  // namespace
}  // namespace shardmill

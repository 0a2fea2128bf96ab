// status.json: what it says, when, and that it is always whole.
#include <unistd.h>

#include <atomic>
#include <thread>

#include "cluster/host.hpp"
#include "engine/observe/observer.hpp"
#include "tests/engine/observe/observer_fixture.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Progress = Observer::Progress;
using ObserverStatusTest = ObserverTest;

TEST_F(ObserverStatusTest, StatusTellsTheRunAsItGoes) {
  Observer observer({0}, 4, folder_, Progress::none);
  EXPECT_EQ(status().at("state"), "running");
  EXPECT_TRUE(status().at("stage").is_null());
  EXPECT_TRUE(status().at("share_done").is_null());

  observer.stage("read", 1000, "B");
  observer.count("documents", 2);
  observer.count("documents", 5);
  observer.advance(250);
  observer.stage("sort");
  const Json json = status();
  EXPECT_EQ(json.at("state"), "running");
  EXPECT_EQ(json.at("stage"), "sort");
  EXPECT_TRUE(json.at("share_done").is_null());
  EXPECT_TRUE(json.at("eta_seconds").is_null());
  EXPECT_EQ(json.at("ranks"), 4);
  EXPECT_EQ(json.at("pid"), ::getpid());
  EXPECT_EQ(json.at("host"), host_name());
  EXPECT_TRUE(is_rfc3339(json.at("started")));
  EXPECT_TRUE(is_rfc3339(json.at("updated")));
  EXPECT_GE(json.at("updated"), json.at("started"));
  ASSERT_EQ(json.at("stages").size(), 2U);
  EXPECT_EQ(json.at("stages")[0].at("name"), "read");
  EXPECT_EQ(json.at("stages")[0].at("counters"), Json({{"documents", 7}}));
  EXPECT_GT(json.at("stages")[0].at("seconds"), 0.0);
}

// A step may be silent for hours: the heartbeat alone tells that the run lives, and where it is.
TEST_F(ObserverStatusTest, ASilentStageIsHeardFrom) {
  std::atomic<int> asked{0};
  Observer observer(
      {0}, 2, folder_, Progress::none,
      [&] {
        return Doing{"part " + std::to_string(++asked), std::nullopt};
      },
      std::chrono::milliseconds(20));
  observer.stage("sort", 100, "B");
  observer.advance(25);
  const Json before = status();
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  Json after = before;
  while ((after.at("updated") <= before.at("updated") || after.at("doing") == before.at("doing")) &&
         std::chrono::steady_clock::now() < limit) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    after = status();
  }
  EXPECT_GT(after.at("updated"), before.at("updated"));
  EXPECT_NE(after.at("doing"), before.at("doing"));
  EXPECT_EQ(after.at("stage"), "sort");
  EXPECT_EQ(after.at("share_done"), 0.25);
  EXPECT_GT(after.at("stages")[0].at("seconds"), before.at("stages")[0].at("seconds"));
  observer.finish("done");
  const Json last = status();
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  EXPECT_EQ(status(), last);
  EXPECT_EQ(last.at("doing"), "");
}

// Of a stage whose size nobody knows, the part that rank 0 is at has one.
TEST_F(ObserverStatusTest, APartHasShareAndRateWhereTheStageHasNone) {
  std::optional<StageProgress> part;
  Observer observer({0}, 4, folder_, Progress::none, [&] { return Doing{"", part}; });
  part = StageProgress{"", "pairs", 30, 120, 2.0, false, "comparing"};
  observer.stage("dedup");
  EXPECT_EQ(status().at("part"), "comparing");
  EXPECT_EQ(status().at("share_done"), 0.25);
  EXPECT_EQ(status().at("done"), 120);
  EXPECT_EQ(status().at("unit"), "pairs");
  EXPECT_EQ(status().at("rate"), 60.0);
  EXPECT_EQ(status().at("eta_seconds"), 6.0);
  observer.stage("read", 1000, "B");
  EXPECT_TRUE(status().at("part").is_null());
  EXPECT_EQ(status().at("total"), 4000);
  part.reset();
  observer.stage("decide");
  EXPECT_TRUE(status().at("part").is_null());
  EXPECT_TRUE(status().at("share_done").is_null());
}

TEST_F(ObserverStatusTest, AStoppedRunKeepsShareAndRateOfAllRanks) {
  Observer observer({0}, 4, folder_, Progress::none);
  observer.stage("read", 1000, "B");
  observer.advance(250);
  observer.finish("stopped", "by a signal");
  const Json json = status();
  EXPECT_EQ(json.at("state"), "stopped");
  EXPECT_EQ(json.at("message"), "by a signal");
  EXPECT_EQ(json.at("share_done"), 0.25);
  EXPECT_EQ(json.at("done"), 1000);
  EXPECT_EQ(json.at("total"), 4000);
  const double expected = 1000.0 / observer.stages()[0].seconds;
  EXPECT_DOUBLE_EQ(json.at("rate"), expected);
  EXPECT_TRUE(json.at("eta_seconds").is_null());
}

TEST_F(ObserverStatusTest, WhatAllRanksHaveToDoIsNotGuessedWhereItIsKnown) {
  Observer observer({0}, 4, folder_, Progress::none);
  observer.stage("read", 1000, "B", 1600);  // of which this rank has most
  observer.advance(250);
  observer.stage("read", 0, "B", 1600);
  EXPECT_EQ(status().at("total"), nullptr);
  observer.stage("read", 1000, "B", 1600);
  observer.advance(250);
  observer.finish("stopped", "by a signal");
  EXPECT_EQ(status().at("share_done"), 0.25);
  EXPECT_EQ(status().at("done"), 400);
  EXPECT_EQ(status().at("total"), 1600);
}

TEST_F(ObserverStatusTest, StatusIsRefreshedWithinAStageAtMostEveryTwoSeconds) {
  Observer observer({0}, 2, folder_, Progress::none);
  observer.stage("read", 4, "B");
  const std::string before = content(folder_ / "status.json");
  observer.advance(1);
  EXPECT_EQ(content(folder_ / "status.json"), before);
  std::this_thread::sleep_for(std::chrono::milliseconds(2050));
  observer.advance(1);
  EXPECT_EQ(status().at("share_done"), 0.5);
  EXPECT_NEAR(status().at("eta_seconds").get<double>(), 2.05, 0.5);
}

TEST_F(ObserverStatusTest, OnlyTheFirstFinishCounts) {
  {
    Observer observer({0}, 1, folder_, Progress::none);
    observer.stage("read");
    observer.finish("done", "all well");
    const std::string first = content(folder_ / "status.json");
    observer.finish("failed", "later");
    EXPECT_EQ(content(folder_ / "status.json"), first);
    EXPECT_EQ(observer.stages().size(), 1U);
    EXPECT_THROW(observer.stage("more"), InternalError);
  }
  EXPECT_EQ(status().at("state"), "done");
  EXPECT_EQ(status().at("share_done"), 1.0);
  EXPECT_EQ(status().at("message"), "all well");
  EXPECT_EQ(logged(0, "run_ended").size(), 1U);
}

TEST_F(ObserverStatusTest, ARunThatIsLeftBehindFailed) {
  { Observer observer({0}, 1, folder_, Progress::none); }
  EXPECT_EQ(status().at("state"), "failed");
  EXPECT_EQ(status().at("message"), "ended without a result");
  EXPECT_EQ(logged(0, "run_ended").at(0).at("level"), "error");
}

TEST_F(ObserverStatusTest, AReaderNeverSeesHalfAStatus) {
  Observer observer({0}, 1, folder_, Progress::none);
  std::atomic<bool> over{false};
  std::atomic<int> torn{0};
  std::atomic<int> reads{0};
  std::thread reader([&] {
    while (!over) {
      torn += Json::accept(content(folder_ / "status.json")) ? 0 : 1;
      ++reads;
    }
  });
  for (int i = 0; i < 300; ++i) observer.stage("stage " + std::to_string(i));
  over = true;
  reader.join();
  EXPECT_GT(reads, 0);
  EXPECT_EQ(torn, 0);
  for (const auto& entry : fs::directory_iterator(folder_)) {
    EXPECT_EQ(entry.path().filename().string().find("tmp"), std::string::npos);
  }
}

}  // namespace
}  // namespace shardmill

// The log of each rank and what goes to stderr.
#include <unistd.h>

#include <algorithm>

#include "cluster/host.hpp"
#include "engine/observe/observer.hpp"
#include "tests/engine/observe/observer_fixture.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Progress = Observer::Progress;
using Fields = std::vector<std::pair<std::string, std::string>>;
using ObserverLogTest = ObserverTest;

TEST_F(ObserverLogTest, LogLinesCarryWhoWhenWhereAndTheFields) {
  Observer observer({3}, 4, folder_, Progress::none);
  observer.log("info", "early");
  observer.stage("read");
  const Fields fields = {{"file", "a\"\\\n\xFF"}, {"rank", "mine"}};
  observer.log("error", "torn", fields);
  EXPECT_TRUE(logged(3, "early").at(0).at("stage").is_null());
  const Json line = logged(3, "torn").at(0);
  EXPECT_TRUE(is_rfc3339(line.at("ts")));
  EXPECT_EQ(line.at("level"), "error");
  EXPECT_EQ(line.at("rank"), 3);
  EXPECT_EQ(line.at("host"), host_name());
  EXPECT_EQ(line.at("stage"), "read");
  EXPECT_EQ(line.at("file"), "a\"\\\n\xEF\xBF\xBD");
  EXPECT_EQ(line.at("rank_"), "mine");
  EXPECT_THROW(observer.log("loud", "x"), InternalError);
}

TEST_F(ObserverLogTest, StagesAreLoggedWithTheirCounters) {
  Observer observer({1}, 2, folder_, Progress::none);
  observer.stage("read", 10, "B");
  observer.advance(6);
  observer.advance(3);
  observer.count("documents", 2);
  observer.finish("done");
  const Json line = logged(1, "stage_ended").at(0);
  EXPECT_EQ(line.at("stage"), "read");
  EXPECT_EQ(line.at("done"), 9);
  EXPECT_EQ(line.at("counters"), Json({{"documents", 2}}));
  EXPECT_DOUBLE_EQ(line.at("seconds"), observer.stages()[0].seconds);
}

TEST_F(ObserverLogTest, AResumedRunAddsToItsLogAlsoAfterATornLine) {
  { Observer observer({0}, 1, folder_, Progress::none); }
  std::ofstream(folder_ / "rank-0.jsonl", std::ios::app) << "{\"ts\":\"2";
  { Observer observer({0}, 1, folder_, Progress::none); }
  std::ifstream log(folder_ / "rank-0.jsonl");
  int whole = 0;
  int torn = 0;
  for (std::string line; std::getline(log, line);) ++(Json::accept(line) ? whole : torn);
  EXPECT_EQ(whole, 4);
  EXPECT_EQ(torn, 1);
}

TEST_F(ObserverLogTest, OtherRanksShowNothingAndWriteOnlyTheirLog) {
  testing::internal::CaptureStderr();
  {
    Observer observer({1}, 2, folder_, Progress::bar);
    observer.stage("read", 10, "B");
    observer.advance(10);
    observer.finish("done");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_FALSE(fs::exists(folder_ / "status.json"));
  EXPECT_TRUE(fs::exists(folder_ / "rank-1.jsonl"));
}

TEST_F(ObserverLogTest, WithoutAFolderNothingIsWritten) {
  const fs::path before = fs::current_path();
  fs::current_path(root_);
  {
    Observer observer({0}, 1, "", Progress::none);
    observer.stage("read");
    observer.log("info", "x");
  }
  fs::current_path(before);
  EXPECT_TRUE(fs::is_empty(root_));
}

TEST_F(ObserverLogTest, LineFormWritesOnePlainLineForEachStageAndWarning) {
  testing::internal::CaptureStderr();
  {
    Observer observer({0}, 2, folder_, Progress::line);
    observer.stage("read", 10, "documents");
    observer.advance(10);
    observer.log("info", "quiet");
    observer.log("warning", "skipped", {{"file", "a\rb\n"}});
    observer.stage("sort");
    observer.finish("done");
  }
  const std::string text = testing::internal::GetCapturedStderr();
  const std::regex expected(
      "shardmill: warning: rank 0: skipped: file a\\?b\\?\n"
      "shardmill: read: ~20 documents in \\d+\\.\\d s \\(~.* documents/s\\)\n"
      "shardmill: sort: \\d+\\.\\d s\n");
  EXPECT_TRUE(std::regex_match(text, expected)) << text;
}

TEST_F(ObserverLogTest, AFolderThatCannotBeMadeIsSaidAtOnce) {
  std::ofstream(root_ / "file") << "x";
  try {
    Observer observer({0}, 1, root_ / "file" / "runs", Progress::none);
    FAIL() << "no error";
  } catch (const ResourceError& error) {
    EXPECT_NE(std::string(error.what()).find((root_ / "file").string()), std::string::npos);
  }
}

TEST_F(ObserverLogTest, AFolderThatVanishesIsToldOnceAndTheRunGoesOn) {
  testing::internal::CaptureStderr();
  {
    Observer observer({0}, 1, folder_, Progress::none);
    fs::remove_all(folder_);
    observer.stage("read");
    observer.stage("sort");
    observer.finish("done");
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("status.json"), std::string::npos) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
}

TEST_F(ObserverLogTest, CallsOutsideAStageAreBugs) {
  Observer observer({0}, 1, "", Progress::none);
  EXPECT_THROW(observer.count("documents", 1), InternalError);
  EXPECT_THROW(observer.advance(1), InternalError);
  EXPECT_THROW(observer.finish("fine"), InternalError);
}

TEST(ProgressFromEnvironment, BarLineNoneOrAnError) {
  ASSERT_EQ(::unsetenv("SHARDMILL_PROGRESS"), 0);
  EXPECT_EQ(progress_from_environment(), Progress::line);
  for (const auto& [text, form] :
       {std::pair{"bar", Progress::bar}, {"line", Progress::line}, {"none", Progress::none}}) {
    ASSERT_EQ(::setenv("SHARDMILL_PROGRESS", text, 1), 0);
    EXPECT_EQ(progress_from_environment(), form);
  }
  ASSERT_EQ(::setenv("SHARDMILL_PROGRESS", "bra", 1), 0);
  EXPECT_THROW((void)progress_from_environment(), ConfigError);
  ASSERT_EQ(::unsetenv("SHARDMILL_PROGRESS"), 0);
}

}  // namespace
}  // namespace shardmill

#include "engine/store/snapshot.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cluster/error.hpp"
#include "engine/store/dataset_lock.hpp"
#include "engine/store/file.hpp"
#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

void publish_one(Snapshots& snapshots, u64 number, const std::string& text) {
  const fs::path staging = snapshots.begin_staging(number);
  fs::create_directories(staging / "text" / "train");
  write_file_atomically(staging / "text" / "train" / "a", text);
  snapshots.publish(number, "{}\n");
}

TEST(Snapshots, PublishesNumberedFoldersAndMovesCurrent) {
  const TemporaryFolder folder;
  Snapshots snapshots(folder.path());
  EXPECT_EQ(snapshots.next_number(), 1u);
  EXPECT_EQ(snapshots.current(), std::nullopt);
  publish_one(snapshots, 1, "first");
  publish_one(snapshots, 2, "second");
  EXPECT_EQ(snapshots.numbers(), (std::vector<u64>{1, 2}));
  EXPECT_EQ(snapshots.next_number(), 3u);
  EXPECT_EQ(snapshots.current(), 2u);
  EXPECT_EQ(read_whole_file(folder / "current/text/train/a"), "second");
  EXPECT_EQ(read_whole_file(folder / "snapshots/000001/text/train/a"), "first");
  EXPECT_EQ(read_whole_file(folder / "current/_SUCCESS"), "{}\n");
  EXPECT_EQ(fs::read_symlink(folder / "current"), "snapshots/000002");
  snapshots.make_current(1);  // rollback
  EXPECT_EQ(snapshots.current(), 1u);
  EXPECT_EQ(snapshots.next_number(), 3u);
  EXPECT_THROW(snapshots.make_current(9), DataError);
}

TEST(Snapshots, NeverReplacesAPublishedOne) {
  const TemporaryFolder folder;
  Snapshots snapshots(folder.path());
  publish_one(snapshots, 1, "first");
  EXPECT_THROW(publish_one(snapshots, 1, "again"), ResourceError);
  EXPECT_EQ(read_whole_file(folder / "current/text/train/a"), "first");
}

TEST(Snapshots, StagingIsKeptForResumeAndIsNoSnapshot) {
  const TemporaryFolder folder;
  Snapshots snapshots(folder.path());
  write_file_atomically(snapshots.begin_staging(1) / "done", "x");
  write_file_atomically(snapshots.staging_of(1) / "_SUCCESS", "left by a kill");
  EXPECT_TRUE(snapshots.numbers().empty());
  const fs::path staging = snapshots.begin_staging(1);
  EXPECT_EQ(staging, folder / "snapshots/.staging-000001");
  EXPECT_EQ(read_whole_file(staging / "done"), "x");
  EXPECT_FALSE(fs::exists(staging / "_SUCCESS"));
}

TEST(Snapshots, FinishesAPublicationThatWasKilledBeforeCurrentMoved) {
  const TemporaryFolder folder;
  Snapshots snapshots(folder.path());
  publish_one(snapshots, 1, "first");
  publish_one(snapshots, 2, "second");
  snapshots.make_current(1);
  EXPECT_EQ(snapshots.finish_publication(), std::nullopt);
  EXPECT_EQ(snapshots.current(), 1u) << "a rollback is no unfinished publication";
  write_file_atomically(folder / "snapshots/.publishing", "000002");  // the kill came after rename
  EXPECT_EQ(snapshots.finish_publication(), 2u);
  EXPECT_EQ(snapshots.current(), 2u);
  write_file_atomically(folder / "snapshots/.publishing", "000003");  // … before rename
  EXPECT_EQ(snapshots.finish_publication(), std::nullopt);
  EXPECT_EQ(snapshots.current(), 2u);
  EXPECT_EQ(snapshots.finish_publication(), std::nullopt);
}

TEST(Snapshots, MayBePublishedLater) {
  const TemporaryFolder folder;
  Snapshots snapshots(folder.path());
  snapshots.begin_staging(1);
  snapshots.publish(1, "one", false);
  EXPECT_EQ(snapshots.newest(), 1U);
  EXPECT_FALSE(snapshots.finish_publication().has_value());
  EXPECT_FALSE(snapshots.current().has_value());
  snapshots.make_current(1);
  EXPECT_EQ(snapshots.current(), 1U);
}

TEST(Snapshots, HaveNames) {
  const TemporaryFolder folder;
  Snapshots snapshots(folder.path());
  publish_one(snapshots, 1, "one");
  publish_one(snapshots, 2, "two");
  EXPECT_TRUE(snapshots.tags().empty());
  snapshots.tag("paper", 1);
  snapshots.tag("best", 1);
  snapshots.tag("best", 2);
  EXPECT_EQ(snapshots.tags(), (std::map<std::string, u64>{{"best", 2}, {"paper", 1}}));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "tags/paper/_SUCCESS"));
  EXPECT_THROW(snapshots.tag("none", 3), DataError);
  EXPECT_TRUE(snapshots.untag("paper"));
  EXPECT_FALSE(snapshots.untag("paper"));
  EXPECT_EQ(snapshots.tags().size(), 1U);
}

TEST(Snapshots, GoInOneStepAndTheRestOfARemovalGoesToo) {
  const TemporaryFolder folder;
  Snapshots snapshots(folder.path());
  publish_one(snapshots, 1, "one");
  publish_one(snapshots, 2, "two");
  publish_one(snapshots, 3, "three");
  snapshots.remove(1);
  EXPECT_EQ(snapshots.numbers(), (std::vector<u64>{2, 3}));
  EXPECT_EQ(snapshots.next_number(), 4U);
  std::filesystem::rename(snapshots.path_of(2), folder.path() / "snapshots/.removed-000002");
  EXPECT_EQ(snapshots.numbers(), (std::vector<u64>{3}));
  snapshots.finish_publication();
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "snapshots/.removed-000002"));
}

TEST(Snapshots, AreReadWhileSomebodyHasALock) {
  const TemporaryFolder folder;
  Snapshots snapshots(folder.path());
  publish_one(snapshots, 1, "one");
  EXPECT_FALSE(snapshots.is_read(1));
  const int reader = ::open((snapshots.path_of(1) / "_SUCCESS").c_str(), O_RDONLY);
  ASSERT_EQ(::flock(reader, LOCK_SH), 0);
  EXPECT_TRUE(snapshots.is_read(1));
  ::close(reader);
  EXPECT_FALSE(snapshots.is_read(1));
}

TEST(Snapshots, OnlyOurNamesAreNumbers) {
  const TemporaryFolder folder;
  for (const char* name :
       {"000004", "1234567", "4", "0000005", "abc", "000006x", ".staging-000009"}) {
    fs::create_directories(folder / "snapshots" / name);
  }
  EXPECT_EQ(Snapshots(folder.path()).numbers(), (std::vector<u64>{4, 1234567}));
}

TEST(Snapshots, ACurrentThatLeadsNowhereIsAnError) {
  const TemporaryFolder folder;
  fs::create_symlink("snapshots/000007", folder / "current");
  EXPECT_THROW((void)Snapshots(folder.path()).current(), DataError);
}

TEST(DatasetLock, IsHeldByOneAndNamesIt) {
  const TemporaryFolder folder;
  {
    const DatasetLock held(folder / "data");
    try {
      const DatasetLock second(folder / "data");
      ADD_FAILURE() << "locked twice";
    } catch (const LockedError& error) {
      const std::string message = error.what();
      EXPECT_EQ(error.exit_code(), 5);
      EXPECT_NE(message.find("process " + std::to_string(::getpid()) + " on "), std::string::npos)
          << message;
      EXPECT_NE(message.find(" since 2"), std::string::npos) << message;
    }
  }
  const DatasetLock again(folder / "data");
}

TEST(DatasetLock, DiesWithItsProcess) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    const DatasetLock held(folder / "data");
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_NO_THROW(DatasetLock(folder / "data"));
}

}  // namespace
}  // namespace shardmill

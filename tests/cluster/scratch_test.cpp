#include "cluster/scratch.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <mutex>
#include <set>

#include "cluster/signals.hpp"
#include "cluster/thread_cluster.hpp"
#include "cluster/topology.hpp"
#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

class Scratch : public testing::Test {
 protected:
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(base_), fs::directory_iterator()));
  }
  TemporaryFolder folder_;
  fs::path base_ = folder_ / "base";
};

TEST_F(Scratch, IsThereWhileHeldAndGoneAfter) {
  {
    const ScratchFolder folder(base_, {3});
    EXPECT_TRUE(fs::is_directory(folder.path()));
    EXPECT_TRUE(fs::is_empty(folder.path()));
    EXPECT_EQ(folder.path().filename(),
              "shardmill-" + std::to_string(getuid()) + "-" + std::to_string(getpid()) + "-3");
    std::ofstream(folder.path() / "run.0") << "rows";
  }
  EXPECT_EQ(entries(), 0u);
}

TEST_F(Scratch, LeftoversOfAKilledProcessAreSweptAndLivingOnesKept) {
  const ScratchFolder living(base_, {0});
  std::ofstream(living.path() / "run.0") << "rows";
  const pid_t child = fork();
  if (child == 0) {
    const ScratchFolder folder(base_, {1});
    std::ofstream(folder.path() / "run.0") << "rows";
    raise(SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(entries(), 4u) << "two folders, two locks";
  { const ScratchFolder next(base_, {2}); }
  EXPECT_EQ(entries(), 2u);
  EXPECT_TRUE(fs::exists(living.path() / "run.0"));
}

TEST_F(Scratch, ForeignFilesAreNotTouched) {
  fs::create_directories(base_ / "shardmill-other");
  std::ofstream(base_ / "shardmill-notes.lock") << "mine";
  { const ScratchFolder folder(base_, {0}); }
  EXPECT_EQ(entries(), 2u);
}

TEST_F(Scratch, TwoHoldersOfOneNameGetTwoFolders) {
  const ScratchFolder one(base_, {0});
  const ScratchFolder two(base_, {0});
  EXPECT_NE(one.path(), two.path());
}

TEST_F(Scratch, ABaseThatCannotBeMadeIsAResourceError) {
  std::ofstream(folder_ / "file") << "a file";
  EXPECT_THROW(ScratchFolder(folder_ / "file/base", {0}), ResourceError);
}

TEST(ThreadCluster, EveryRankHasItsOwnScratchAndBudgetAndAllAreGoneAfter) {
  std::mutex mutex;
  std::set<fs::path> folders;
  ThreadOptions options;
  options.memory = 10_MiB;
  run_on_threads(3, options, [&](Cluster& c) {
    const Lease all = c.budget.lease("all of it", 1.0, 10_MiB);
    std::ofstream(c.scratch.folder / "run.0") << "rows";
    const std::lock_guard guard(mutex);
    folders.insert(c.scratch.folder);
  });
  EXPECT_EQ(folders.size(), 3u);
  for (const auto& folder : folders) EXPECT_FALSE(fs::exists(folder.parent_path()));
}

TEST(Signals, SetTheFlag) {
  for (const int signal : {SIGUSR1, SIGUSR2, SIGTERM}) {
    static StopFlag flag;  // must live as long as the process
    StopFlag fresh;
    stop_on_signals(fresh);
    EXPECT_FALSE(fresh.is_set());
    raise(signal);
    EXPECT_TRUE(fresh.is_set());
    stop_on_signals(flag);
  }
}

Environment variables(std::vector<std::pair<std::string, std::string>> all) {
  return [all = std::move(all)](const char* name) -> std::optional<std::string> {
    for (const auto& [key, value] : all) {
      if (key == name) return value;
    }
    return std::nullopt;
  };
}

TEST(MissingRanks, AreRefusedWithTheCommandToUse) {
  for (const char* name : {"SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    try {
      refuse_missing_ranks(1, variables({{name, "8"}}));
      FAIL() << name;
    } catch (const ConfigError& error) {
      const std::string message = error.what();
      EXPECT_EQ(error.exit_code(), 2);
      EXPECT_NE(message.find(name), std::string::npos) << message;
      EXPECT_NE(message.find("-n 8"), std::string::npos) << message;
    }
  }
}

TEST(MissingRanks, AreFineWhenThereAreNone) {
  refuse_missing_ranks(1, variables({}));
  refuse_missing_ranks(8, variables({{"SLURM_NTASKS", "8"}, {"OMPI_COMM_WORLD_SIZE", "8"}}));
  refuse_missing_ranks(1, variables({{"SLURM_NTASKS", "8"}, {"SHARDMILL_ALLOW_SINGLETON", "1"}}));
  EXPECT_THROW(refuse_missing_ranks(4, variables({{"SLURM_NTASKS", "8"}})), ConfigError);
}

}  // namespace
}  // namespace shardmill

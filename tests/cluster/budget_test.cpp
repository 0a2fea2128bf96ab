#include "cluster/budget.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <fstream>
#include <map>

#include "cluster/environment.hpp"
#include "cluster/node_memory.hpp"
#include "cluster/peak_memory.hpp"
#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {
namespace {

TEST(Budget, ALeaseIsAShareOfTheWhole) {
  Budget budget(100_MiB);
  const Lease lease = budget.lease("sort", 0.25, 1_MiB);
  EXPECT_EQ(lease.bytes(), u64{25} << 20);
  EXPECT_EQ(budget.leased(), u64{25} << 20);
}

TEST(Budget, ALeaseLeavesHalfOfWhatIsFreeToOthersButIsNeverLessThanItsFloor) {
  Budget budget(100_MiB);
  const Lease first = budget.lease("first", 0.9, 1_MiB);
  EXPECT_EQ(first.bytes(), u64{50} << 20);
  const Lease second = budget.lease("second", 0.5, 4_MiB);
  EXPECT_EQ(second.bytes(), u64{25} << 20);
  const Lease third = budget.lease("third", 0.5, 20_MiB);
  EXPECT_EQ(third.bytes(), u64{20} << 20);
}

TEST(Budget, WhatIsKeptFreeIsForFloorsOnly) {
  Budget budget(100_MiB);
  budget.keep_free(60_MiB);
  const Lease first = budget.lease("first", 0.5);
  EXPECT_EQ(first.bytes(), (20_MiB).value);
  const Lease second = budget.lease("second", 0.5);
  EXPECT_EQ(second.bytes(), (10_MiB).value);
  const Lease kept = budget.lease("frames", 0, 60_MiB);
  EXPECT_EQ(kept.bytes(), (60_MiB).value);
  EXPECT_EQ(budget.lease("last", 0.5, 5_MiB).bytes(), (5_MiB).value);
}

TEST(Budget, TheFloorCountsAboveTheFraction) {
  Budget budget(100_MiB);
  EXPECT_EQ(budget.lease("sort", 0.01, 30_MiB).bytes(), u64{30} << 20);
}

TEST(Budget, WhatIsGivenBackCanBeLeasedAgain) {
  Budget budget(100_MiB);
  {
    Lease lease = budget.lease("first", 1.0, 100_MiB);
    Lease moved = std::move(lease);
    Lease assigned;
    assigned = std::move(moved);
    EXPECT_EQ(assigned.bytes(), budget.total());
    EXPECT_EQ(lease.bytes(), 0u);  // NOLINT(bugprone-use-after-move): moved-from is empty
  }
  EXPECT_EQ(budget.leased(), 0u);
  EXPECT_EQ(budget.peak_leased(), budget.total());
  Lease lease = budget.lease("second", 1.0, 100_MiB);
  lease = Lease();
  EXPECT_EQ(budget.leased(), 0u);
}

TEST(Budget, AFloorThatDoesNotFitIsRefusedWithTheSum) {
  Budget budget(64_MiB);
  const Lease first = budget.lease("network", 0.5, 1_MiB);
  try {
    const Lease second = budget.lease("sort by key", 0.1, 40_MiB);
    FAIL() << "nothing was thrown";
  } catch (const ResourceError& error) {
    const std::string message = error.what();
    for (const char* part : {"sort by key", "40 MiB", "32 MiB", "64 MiB", "--memory 72 MiB"}) {
      EXPECT_NE(message.find(part), std::string::npos) << message;
    }
  }
  EXPECT_EQ(budget.leased(), u64{32} << 20) << "a refused lease takes nothing";
}

TEST(Budget, SharesAreOfWhatIsNotSetAside) {
  Budget budget(64_MiB);
  budget.set_aside("records", 48_MiB);
  const Lease half = budget.lease("sort", 0.25, 1_MiB);
  EXPECT_EQ(half.bytes(), u64{4} << 20);
  EXPECT_THROW((void)budget.lease("join", 0.1, 13_MiB), ResourceError);
  EXPECT_THROW(budget.set_aside("more", 13_MiB), ResourceError);
}

TEST(Budget, ForcedSpillCutsEveryLeaseToItsFloor) {
  Budget budget(100_MiB, true);
  EXPECT_EQ(budget.lease("sort", 0.9, 3_MiB).bytes(), u64{3} << 20);
}

TEST(Narrow, KeepsWhatFitsAndRefusesTheRest) {
  EXPECT_EQ(narrow<int>(u64{2147483647}), 2147483647);
  EXPECT_THROW((void)narrow<int>(u64{2147483648}), InternalError);
  EXPECT_THROW((void)narrow<u64>(-1), InternalError);
  EXPECT_THROW((void)narrow<u8>(256), InternalError);
}

class NodeMemory : public testing::Test {
 protected:
  NodeMemory() {
    write("proc/meminfo", "MemFree:  5 kB\nMemTotal:  16777216 kB\nHugePages_Total:  0\n");
  }
  void write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((folder_ / file).parent_path());
    std::ofstream(folder_ / file) << text;
  }
  u64 gib(std::map<std::string, std::string> variables = {}) {
    const Environment environment = [&](const char* name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    };
    return node_memory(environment, folder_.path()).value >> 30;
  }
  TemporaryFolder folder_;
};

TEST_F(NodeMemory, IsPhysicalMemoryWithoutLimits) { EXPECT_EQ(gib(), 16u); }

TEST_F(NodeMemory, ObeysControlGroupsOfVersion2AndTheirParents) {
  write("proc/self/cgroup", "0::/job/step\n");
  write("sys/fs/cgroup/job/step/memory.max", "max\n");
  EXPECT_EQ(gib(), 16u);
  write("sys/fs/cgroup/job/memory.max", std::to_string(u64{4} << 30) + "\n");
  EXPECT_EQ(gib(), 4u);
}

TEST_F(NodeMemory, ObeysControlGroupsOfVersion1) {
  write("proc/self/cgroup", "5:cpu,cpuacct:/\n4:memory:/docker/abc\n");
  // A container sees its own group at the mount point.
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(gib(), 16u);
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", std::to_string(u64{2} << 30) + "\n");
  EXPECT_EQ(gib(), 2u);
}

TEST_F(NodeMemory, ObeysSlurm) {
  EXPECT_EQ(gib({{"SLURM_MEM_PER_NODE", "8192"}}), 8u);
  EXPECT_EQ(gib({{"SLURM_MEM_PER_NODE", "0"}}), 16u) << "0 is all of the node";
  EXPECT_EQ(gib({{"SLURM_MEM_PER_CPU", "2048"}, {"SLURM_CPUS_ON_NODE", "3"}}), 6u);
  EXPECT_EQ(gib({{"SLURM_MEM_PER_NODE", "99999999"}}), 16u) << "Slurm cannot add memory";
}

TEST_F(NodeMemory, IsSharedByTheRanksOfANode) {
  const u64 one = default_memory_per_rank(1).value;
  const u64 four = default_memory_per_rank(4).value;
  EXPECT_GT(one, 0u);
  EXPECT_NEAR(static_cast<double>(one), 4.0 * static_cast<double>(four), 8.0);
}

TEST(PeakMemory, GrowsByWhatIsTouchedAndStaysWhenGivenBack) {
  const u64 before = resident_memory().value;
  {
    // Straight from the system: an allocator, a sanitizer's above all, may keep what is freed.
    constexpr std::size_t kBytes = std::size_t{64} << 20;
    void* const pages =
        mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(pages, MAP_FAILED);
    std::memset(pages, 'x', kBytes);
    EXPECT_GE(resident_memory().value, before + (u64{60} << 20));
    munmap(pages, kBytes);
  }
  EXPECT_GE(peak_memory().value, before + (u64{60} << 20));
  EXPECT_LT(resident_memory().value, before + (u64{32} << 20));
}

}  // namespace
}  // namespace shardmill

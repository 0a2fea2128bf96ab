#include "jobs/doctor/measured.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace shardmill {
namespace {

// Four ranks on two machines on which all is well.
std::vector<Measured> good_ranks() {
  std::vector<Measured> ranks;
  for (u32 rank = 0; rank < 4; ++rank) {
    ranks.push_back({.host = rank < 2 ? "n1" : "n2",
                     .node = rank / 2,
                     .program = "p",
                     .seen = "token",
                     .seen_after = 0.1,
                     .cores = {0, 1},
                     .memory = u64{8} << 30,
                     .shared_memory = u64{1} << 30,
                     .memory_unread = 0,
                     .open_files = 4096,
                     .clock_ms = rank,
                     .lock_seen = true,
                     .dataset_rate = rank % 2 == 0 ? 5e8 : 0,
                     .scratch_rate = rank % 2 == 0 ? 5e8 : 0,
                     .dataset_free = u64{1} << 40,
                     .scratch_free = u64{1} << 40,
                     .exchange_rate = 1e9});
  }
  return ranks;
}

FolderCheck good_folder() {
  return {.renames = true, .links = true, .locks = true, .token = "token", .unseen = {}};
}

// The lines that are not ok, as "health: what".
std::vector<std::string> complaints(const std::vector<Measured>& ranks, const FolderCheck& folder) {
  std::vector<std::string> found;
  for (const Diagnosis& line : diagnose(ranks, folder)) {
    EXPECT_EQ(line.advice.empty(), line.health == Health::ok) << line.what;
    if (line.health == Health::ok) continue;
    found.push_back((line.health == Health::slow ? "slow: " : "wrong: ") + line.what);
  }
  return found;
}

TEST(Doctor, SaysNothingAgainstGoodMachines) {
  EXPECT_TRUE(complaints(good_ranks(), good_folder()).empty());
  EXPECT_EQ(diagnose(good_ranks(), good_folder())[0].what, "4 ranks on 2 machines, 2 on each");
}

// As mpirun binds ranks by default.
TEST(Doctor, ACoreForEachRankIsEnough) {
  std::vector<Measured> ranks = good_ranks();
  for (u32 rank = 0; rank < 4; ++rank) ranks[rank].cores = {rank % 2};
  EXPECT_TRUE(complaints(ranks, good_folder()).empty());
}

struct Fault {
  const char* name;
  void (*make)(std::vector<Measured>& ranks, FolderCheck& folder);
  const char* said;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class DoctorFault : public testing::TestWithParam<Fault> {};

TEST_P(DoctorFault, IsTheOnlyComplaint) {
  std::vector<Measured> ranks = good_ranks();
  FolderCheck folder = good_folder();
  GetParam().make(ranks, folder);
  const std::vector<std::string> found = complaints(ranks, folder);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0], GetParam().said);
}

INSTANTIATE_TEST_SUITE_P(
    Each, DoctorFault,
    testing::Values(
        Fault{"cores", [](auto& ranks, auto&) { ranks[2].cores = ranks[3].cores = {1}; },
              "slow: 4 ranks on 2 machines, 2 on each"},
        Fault{"uneven", [](auto& ranks, auto&) { ranks.pop_back(); },
              "slow: 3 ranks on 2 machines, 1 to 2 on each"},
        Fault{"program", [](auto& ranks, auto&) { ranks[3].program = "q"; },
              "wrong: another program runs on n2"},
        Fault{"blind", [](auto& ranks, auto&) { ranks[2].seen = ""; },
              "wrong: the dataset's folder is another one on n2"},
        Fault{"unseen",
              [](auto&, auto& folder) {
                folder.unseen = {2, 3};
              },
              "wrong: the dataset's folder is another one on n2"},
        Fault{"late", [](auto& ranks, auto&) { ranks[3].seen_after = 3; },
              "slow: new files are seen after 3.0 s elsewhere"},
        Fault{"no_links", [](auto&, auto& folder) { folder.links = false; },
              "slow: its file system lacks hard links"},
        Fault{"no_locks", [](auto&, auto& folder) { folder.locks = false; },
              "slow: its file system lacks locks"},
        Fault{"local_locks", [](auto& ranks, auto&) { ranks[2].lock_seen = false; },
              "wrong: a lock of n1 is not seen on n2"},
        Fault{"clock", [](auto& ranks, auto&) { ranks[2].clock_ms = -90'000; },
              "slow: clocks are 1 min 30 s apart at most (n2, n2)"},
        Fault{"memory", [](auto& ranks, auto&) { ranks[2].memory = u64{1} << 30; },
              "slow: memory of a rank, at least 512 MiB (n2)"},
        Fault{"shared_memory", [](auto& ranks, auto&) { ranks[0].shared_memory = u64{64} << 20; },
              "wrong: /dev/shm of a rank, at least 32.0 MiB (n1)"},
        Fault{"cma",
              [](auto& ranks, auto&) { ranks[0].memory_unread = ranks[1].memory_unread = EPERM; },
              "slow: no reading of each other's memory (CMA) on n1: Operation not permitted"},
        Fault{"files", [](auto& ranks, auto&) { ranks[0].open_files = 256; },
              "slow: open files, at least 256 (n1)"},
        Fault{"dataset", [](auto& ranks, auto&) { ranks[2].dataset_rate = 5e7; },
              "slow: the dataset's folder is written, at least, at 47.7 MiB/s (n2)"},
        Fault{"scratch", [](auto& ranks, auto&) { ranks[2].scratch_rate = 1e8; },
              "slow: scratch is written, at least, at 95.4 MiB/s (n2)"},
        Fault{"network", [](auto& ranks, auto&) { ranks[3].exchange_rate = 1e7; },
              "slow: rows go to other ranks, at least, at 9.5 MiB/s a rank (n2)"}),
    [](const testing::TestParamInfo<Fault>& fault) { return std::string(fault.param.name); });

TEST(Doctor, MeasuresTravel) {
  const Measured before = good_ranks()[3];
  std::string bytes;
  before.append(bytes);
  const Measured after = Measured::read(bytes);
  std::string again;
  after.append(again);
  EXPECT_EQ(again, bytes);
  EXPECT_EQ(after.host, "n2");
  EXPECT_EQ(after.clock_ms, 3);
  EXPECT_EQ(after.exchange_rate, 1e9);
  EXPECT_EQ(after.scratch_free, u64{1} << 40);
}

}  // namespace
}  // namespace shardmill

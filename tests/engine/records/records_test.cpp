#include "engine/records/records.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>

#include "cluster/peak_memory.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

struct Pair {
  u64 first, second;
  auto operator<=>(const Pair&) const = default;
};

std::vector<Pair> random_pairs(std::size_t n, u64 seed) {
  std::mt19937_64 random(seed);
  std::vector<Pair> pairs(n);
  for (Pair& pair : pairs) pair = {random() % 1000, random() % 50};
  return pairs;
}

std::vector<Pair> read(const Records<Pair>& records) {
  std::vector<Pair> all;
  records.for_each([&](const Pair& pair) { all.push_back(pair); });
  return all;
}

// On one rank, spilling after `rows` rows (0: never).
void alone(u64 rows, const std::function<void(Cluster&)>& body) {
  ThreadOptions options;
  options.force_spill_rows = rows;
  run_on_threads(1, options, body);
}

TEST(Records, KeepsWhatItGetsAndSortsIt) {
  for (const u64 spill : {0, 1, 7, 1000}) {
    for (const std::size_t n : {0, 1, 6, 7, 8, 999, 12'000}) {
      if (spill == 1 && n > 2000) continue;
      alone(spill, [&](Cluster& cluster) {
        auto expected = random_pairs(n, n);
        Records<Pair> records(cluster, "pairs", Lease());
        for (const Pair& pair : expected) records.push(pair);
        EXPECT_EQ(records.size(), n);
        EXPECT_EQ(records.spilled(), spill != 0 && n > spill);
        std::sort(expected.begin(), expected.end());
        auto unsorted = read(records);
        std::sort(unsorted.begin(), unsorted.end());
        EXPECT_TRUE(unsorted == expected);
        records.sort();
        EXPECT_TRUE(read(records) == expected);
        EXPECT_TRUE(read(records) == expected) << "a second time";
        EXPECT_EQ(records.size(), n);
      });
    }
  }
}

TEST(Records, TakesMoreAfterSorting) {
  alone(100, [&](Cluster& cluster) {
    auto expected = random_pairs(3000, 5);
    Records<Pair> records(cluster, "pairs", Lease());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      records.push(expected[i]);
      if (i % 700 == 0) records.sort();
    }
    records.sort();
    std::sort(expected.begin(), expected.end());
    EXPECT_TRUE(read(records) == expected);
  });
}

TEST(Records, DrainReadsEachOnceAndForgetsThem) {
  for (const u64 spill : {0, 7, 4000}) {
    for (const bool sorted : {false, true}) {
      alone(spill, [&](Cluster& cluster) {
        Records<Pair> records(cluster, "pairs", Lease());
        for (int round = 0; round < 2; ++round) {
          for (const Pair& pair : random_pairs(5000, 3)) records.push(pair);
          if (sorted) records.sort();
          const auto expected = read(records);
          std::vector<Pair> drained;
          records.drain([&](const Pair& pair) { drained.push_back(pair); });
          EXPECT_TRUE(drained == expected);
          EXPECT_EQ(records.size(), 0U);
          EXPECT_FALSE(records.spilled());
          EXPECT_TRUE(read(records).empty());
        }
      });
    }
  }
}

TEST(Records, DrainGivesMemoryAndScratchBackMeanwhile) {
  constexpr u64 kBytes = u64{64} << 20;
  for (const u64 spill : {u64{0}, kBytes / sizeof(Pair) / 16}) {
    alone(spill, [&](Cluster& cluster) {
      Records<Pair> records(cluster, "pairs", cluster.budget.lease("pairs", 0.9));
      for (u64 i = 0; i < kBytes / sizeof(Pair); ++i) records.push({i, i});
      const auto held = [&] {
        struct stat file {};
        if (records.spilled()) ::stat(records.run_file().c_str(), &file);
        return resident_memory().value + static_cast<u64>(file.st_blocks) * 512;
      };
      const u64 before = held();
      u64 half = before;
      u64 i = 0;
      records.drain([&](const Pair&) {
        if (++i == kBytes / sizeof(Pair) / 2) half = held();
      });
      EXPECT_LT(half + kBytes / 4, before);
    });
  }
}

TEST(Records, WhatIsGivenBackIsEmptyAndLeasesNothing) {
  for (const u64 spill : {0, 7}) {
    alone(spill, [](Cluster& cluster) {
      const u64 before = cluster.budget.leased();
      Records<Pair> records(cluster, "pairs", cluster.budget.lease("pairs", 0.1));
      for (const Pair& pair : random_pairs(100, 1)) records.push(pair);
      records.sort();
      records.give_back();
      EXPECT_EQ(cluster.budget.leased(), before);
      EXPECT_EQ(records.size(), 0U);
      EXPECT_FALSE(records.spilled());
      EXPECT_TRUE(read(records).empty());
    });
  }
}

TEST(Records, StaysInItsLeaseAndSpillsBeyond) {
  alone(0, [&](Cluster& cluster) {
    Records<Pair> records(cluster, "pairs", cluster.budget.lease("pairs", 0, 1_MiB));
    const u64 fit = (u64{1} << 20) / sizeof(Pair);
    for (u64 i = 0; i < fit / 2; ++i) records.push({i, i});
    EXPECT_FALSE(records.spilled());
    for (u64 i = 0; i < fit; ++i) records.push({i, i});
    EXPECT_TRUE(records.spilled());
  });
}

TEST(Records, TheRunFileGoesWithItsOwner) {
  alone(10, [&](Cluster& cluster) {
    std::filesystem::path file;
    {
      Records<Pair> first(cluster, "dedup/bands 3", Lease());
      for (const Pair& pair : random_pairs(100, 1)) first.push(pair);
      const Records<Pair> moved = std::move(first);
      file = moved.run_file();
      EXPECT_TRUE(std::filesystem::exists(file)) << file;
      EXPECT_EQ(read(moved).size(), 100U);
    }
    EXPECT_FALSE(std::filesystem::exists(file));
  });
}

TEST(Records, ADamagedRunFileIsFound) {
  for (const bool cut : {false, true}) {
    alone(10, [&](Cluster& cluster) {
      Records<Pair> records(cluster, "pairs", Lease());
      for (const Pair& pair : random_pairs(300, 1)) records.push(pair);
      records.sort();
      const auto size = std::filesystem::file_size(records.run_file());
      if (cut) {
        std::filesystem::resize_file(records.run_file(), size - 5);
      } else {
        std::fstream file(records.run_file(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(static_cast<std::streamoff>(size / 2));
        const int byte = file.get();
        file.seekp(static_cast<std::streamoff>(size / 2));
        file.put(static_cast<char>(byte ^ 1));
      }
      try {
        read(records);
        ADD_FAILURE() << "damage was not found";
      } catch (const ResourceError& error) {
        EXPECT_NE(std::string(error.what()).find(records.run_file().string()), std::string::npos);
      }
    });
  }
}

// 10^5 damaged run files, 10^6 with SHARDMILL_LONG=1: read to their end, block by block.
TEST(RunFileFuzz, AnErrorOrTheRightRows) {
  alone(0, [&](Cluster& cluster) {
    std::mt19937_64 random(4);
    const int rounds = std::getenv("SHARDMILL_LONG") != nullptr ? 1000 : 100;
    u64 whole = 0;
    for (int round = 0; round < rounds; ++round) {
      RunFile file(&cluster.scratch, "fuzz", &cluster.watchdog);
      RunWriter writer(file, 200);
      std::vector<std::byte> expected;
      for (u64 n = random() % 30; n > 0; --n) {
        const std::vector<std::byte> row(1 + random() % 90, static_cast<std::byte>(n));
        writer.append(row);
        expected.insert(expected.end(), row.begin(), row.end());
      }
      const shardmill::Run run = writer.finish();
      if (expected.empty()) continue;
      std::fstream raw(file.path(), std::ios::in | std::ios::out | std::ios::binary);
      std::string bytes(run.end, '\0');
      raw.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      for (int i = 0; i < 1000; ++i) {
        const std::size_t at = random() % bytes.size();
        const std::size_t n = std::min(bytes.size() - at, std::size_t{1} << random() % 7);
        std::string other = bytes.substr(random() % (bytes.size() - n + 1), n);  // from elsewhere
        if (i % 2 == 0) std::generate(other.begin(), other.end(), [&] { return char(random()); });
        const auto put = [&](const std::string& what) {
          raw.seekp(static_cast<std::streamoff>(at));
          raw.write(what.data(), static_cast<std::streamsize>(n)).flush();
        };
        put(other);
        std::vector<std::byte> got;
        try {
          RunReader reader(file, run);
          while (true) {
            const std::span<const std::byte> block = reader.next();
            if (block.empty()) break;
            got.insert(got.end(), block.begin(), block.end());
          }
          ASSERT_TRUE(got == expected);
          ++whole;
          ASSERT_EQ(other, bytes.substr(at, n));
        } catch (const ResourceError& error) {
          const std::string place = file.path().string() + " at offset ";
          EXPECT_NE(std::string(error.what()).find(place), std::string::npos) << error.what();
        }
        put(bytes.substr(at, n));
      }
    }
    EXPECT_GT(whole, 10U);
  });
}

TEST(Records, AScratchThatCannotBeWrittenNamesTheSetting) {
  alone(10, [&](Cluster& cluster) {
    cluster.scratch.folder /= "missing";
    Records<Pair> records(cluster, "pairs", Lease());
    try {
      for (const Pair& pair : random_pairs(100, 1)) records.push(pair);
      ADD_FAILURE() << "no error";
    } catch (const ResourceError& error) {
      EXPECT_NE(std::string(error.what()).find("--scratch"), std::string::npos) << error.what();
    }
  });
}

}  // namespace
}  // namespace shardmill

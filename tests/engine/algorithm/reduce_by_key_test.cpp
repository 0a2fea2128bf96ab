#include "engine/algorithm/reduce_by_key.hpp"

#include <map>
#include <random>

#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

struct Count {
  u64 key, sum, smallest;
  auto operator<=>(const Count&) const = default;
};

u64 key_of(const Count& count) { return count.key; }
void combine(Count& into, const Count& other) {
  into.sum += other.sum;
  into.smallest = std::min(into.smallest, other.smallest);
}

std::vector<Count> counts(std::size_t n, u64 distinct, u64 seed) {
  std::mt19937_64 random(seed);
  std::vector<Count> all(n);
  for (Count& count : all) count = {mix64(random() % distinct), random() % 5, random() % 1000};
  return all;
}

std::map<u64, Count> reduced(const std::vector<Count>& all) {
  std::map<u64, Count> of;
  for (const Count& count : all) {
    const auto [entry, is_new] = of.emplace(count.key, count);
    if (!is_new) combine(entry->second, count);
  }
  return of;
}

class ReduceShapes : public ClusterShapes {
 protected:
  // Reduces each input of `cases`, the same on all ranks; compares with a map.
  void check(const std::vector<std::vector<Count>>& cases) {
    std::vector<PerRank<Count>> out(cases.size(), PerRank<Count>(GetParam().ranks));
    run([&](Cluster& cluster) {
      for (std::size_t c = 0; c < cases.size(); ++c) {
        Records<Count> mine(cluster, "in", cluster.budget.lease("in", 0.1, 1_MiB));
        for (std::size_t i = cluster.rank().value; i < cases[c].size(); i += cluster.size()) {
          mine.push(cases[c][i]);
        }
        const auto result = reduce_by_key(cluster, "reduce", std::move(mine), key_of, combine);
        result.for_each([&](const Count& count) { out[c].of(cluster).push_back(count); });
      }
    });
    for (std::size_t c = 0; c < cases.size(); ++c) {
      const auto expected = reduced(cases[c]);
      u64 found = 0;
      for (u32 rank = 0; rank < GetParam().ranks; ++rank) {
        const std::vector<Count>& part = out[c].parts()[rank];
        found += part.size();
        for (std::size_t i = 0; i < part.size(); ++i) {
          const auto it = expected.find(part[i].key);
          ASSERT_TRUE(it != expected.end() && it->second == part[i]) << "case " << c;
          EXPECT_EQ(owner_of(mix64(part[i].key), GetParam().ranks).value, rank);
          EXPECT_TRUE(i == 0 || part[i - 1].key < part[i].key) << "case " << c;
        }
      }
      EXPECT_EQ(found, expected.size()) << "case " << c;
    }
  }
};
SHARDMILL_EVERY_SHAPE(ReduceShapes);

TEST_P(ReduceShapes, SmallInputsAgreeWithAMap) {
  std::vector<std::vector<Count>> cases;
  for (u64 seed = 0; seed < (GetParam().ranks <= 3 ? 150 : 40); ++seed) {
    cases.push_back(counts(seed % 3 == 0 ? seed % 7 : seed * 2, 1 + seed % 40, seed));
  }
  check(cases);
}

TEST_P(ReduceShapes, ALargeInputWithFewAndWithManyKeysAgreesWithAMap) {
  check({counts(10'000, 20, 1), counts(20'000, 100'000, 2), counts(5000, 1, 3)});
}

TEST(CombiningTable, NothingIsLostWhereKeysPushEachOtherOut) {
  run_on_threads(1, {}, [](Cluster& cluster) {
    cluster.force_spill_rows = 8;
    CombiningTable<Count> table(cluster, Lease(), 1'000'000);
    const auto all = counts(10'000, 50, 4);
    std::vector<Count> left;
    const auto leave = [&](const Count& count) { left.push_back(count); };
    const auto same_key = [](const Count& a, const Count& b) { return a.key == b.key; };
    for (const Count& count : all) table.put(mix64(count.key), count, same_key, combine, leave);
    table.drain(leave);
    EXPECT_LT(left.size(), all.size()) << "nothing was combined";
    EXPECT_TRUE(reduced(left) == reduced(all));
    const std::size_t before = left.size();
    table.drain(leave);
    EXPECT_EQ(left.size(), before) << "a drained table holds records";
  });
}

TEST(CombiningTable, StepsAsideWhereHardlyAnyRecordMeetsItsKey) {
  run_on_threads(1, {}, [](Cluster& cluster) {
    cluster.force_spill_rows = 8;
    CombiningTable<Count> table(cluster, Lease(), 1'000'000);
    std::vector<Count> left;
    const auto put = [&](u64 key) {
      table.put(
          mix64(key), Count{key, 1, 0},
          [](const Count& a, const Count& b) { return a.key == b.key; }, combine,
          [&](const Count& count) { left.push_back(count); });
    };
    for (u64 key = 0; key < 100; ++key) put(key);
    const std::size_t before = left.size();
    for (int i = 0; i < 50; ++i) put(1000);
    EXPECT_EQ(left.size() - before, 50U) << "they were combined";
    table.drain([&](const Count& count) { left.push_back(count); });
    u64 sum = 0;
    for (const Count& count : left) sum += count.sum;
    EXPECT_EQ(sum, 150U);
  });
}

TEST(ReduceByKey, AFewKeysCrossTheNetworkOnceForEachRank) {
  run_on_threads(3, {}, [](Cluster& cluster) {
    Records<Count> mine(cluster, "in", cluster.budget.lease("in", 0.1, 1_MiB));
    for (const Count& count : counts(50'000, 1000, cluster.rank().value)) mine.push(count);
    const u64 before = cluster.bytes_exchanged;
    static_cast<void>(reduce_by_key(cluster, "reduce", std::move(mine), key_of, combine));
    EXPECT_EQ(cluster.bytes_exchanged - before, 1000 * sizeof(Count));
  });
}

}  // namespace
}  // namespace shardmill

#include "engine/exchange/exchange.hpp"

#include <map>
#include <random>

#include "engine/exchange/shuffle.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

using Multiset = std::map<std::pair<u32, std::string>, int>;  // (destination, row) -> how often

std::string random_bytes(std::mt19937_64& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random() & 255);
  return bytes;
}

class ExchangeShapes : public ClusterShapes {};
SHARDMILL_EVERY_SHAPE(ExchangeShapes);

TEST_P(ExchangeShapes, RowsOfAnyLengthArriveOnceWhereTheyWereSent) {
  std::mutex mutex;
  Multiset sent;
  Multiset arrived;
  run([&](Cluster& cluster) {
    std::mt19937_64 random(17 + cluster.rank().value);
    RowShuffle shuffle(cluster, "rows", cluster.budget.lease("rows", 0.2, 1_MiB));
    Multiset mine;
    for (int i = 0; i < 400; ++i) {
      std::size_t size = random() % 60;
      if (i % 37 == 0) size = 0;
      if (i % 50 == 0) size = 300 + random() % 2000;           // some tiny frames
      if (i == 100) size = 2 * kFrameBytes + random() % 1000;  // some whole frames
      const Rank to{static_cast<u32>(random() % cluster.size())};
      const std::string key = random_bytes(random, random() % 12);
      const std::string payload = random_bytes(random, size);
      shuffle.put(to, key, payload);
      ++mine[{to.value, std::to_string(key.size()) + key + payload}];
    }
    Rows rows = shuffle.finish();
    Multiset here;
    rows.for_each([&](std::string_view key, std::string_view payload) {
      ++here[{cluster.rank().value,
              std::to_string(key.size()) + std::string(key) + std::string(payload)}];
    });
    const std::scoped_lock lock(mutex);
    for (const auto& [row, n] : mine) sent[row] += n;
    for (const auto& [row, n] : here) arrived[row] += n;
  });
  EXPECT_EQ(sent.size(), arrived.size());
  EXPECT_TRUE(sent == arrived);
}

TEST_P(ExchangeShapes, EveryRankMayFloodOne) {
  u64 arrived = 0;
  run([&](Cluster& cluster) {
    Shuffle<u64> shuffle(cluster, "flood", cluster.budget.lease("flood", 0.2, 1_MiB));
    for (u64 i = 0; i < 3000; ++i) shuffle.put({cluster.size() - 1}, i);
    Records<u64> records = shuffle.finish();
    EXPECT_EQ(shuffle.traffic().rows_put(), 3000U);
    if (cluster.rank().value + 1 == cluster.size()) arrived = records.size();
    EXPECT_TRUE(cluster.rank().value + 1 == cluster.size() || records.size() == 0);
  });
  EXPECT_EQ(arrived, 3000 * GetParam().ranks);
}

TEST_P(ExchangeShapes, SeveralMayBeOpenAtOnce) {
  run([&](Cluster& cluster) {
    Shuffle<u64> first(cluster, "first", cluster.budget.lease("first", 0.1, 1_MiB));
    Shuffle<u64> second(cluster, "second", cluster.budget.lease("second", 0.1, 1_MiB));
    // Half of the ranks fill one first, half the other: each waits on what the other must serve.
    for (u64 i = 0; i < 2000; ++i) {
      (cluster.rank().value % 2 == 0 ? first : second).put({narrow<u32>(i % cluster.size())}, 1);
    }
    for (u64 i = 0; i < 2000; ++i) {
      (cluster.rank().value % 2 == 0 ? second : first).put({narrow<u32>(i % cluster.size())}, 2);
    }
    const u64 here = first.finish().size() + second.finish().size();
    EXPECT_EQ(cluster.control.all_sum(here), u64{4000} * cluster.size());
  });
}

TEST_P(ExchangeShapes, AnEmptyExchangeCloses) {
  run([&](Cluster& cluster) {
    Shuffle<u64> shuffle(cluster, "empty", Lease());
    EXPECT_EQ(shuffle.finish().size(), 0U);
    EXPECT_TRUE(cluster.frame_owners.empty());
  });
}

TEST(ExchangeMemory, FramesShrinkToTheirShareOfTheBudget) {
  ThreadOptions options;
  options.memory = {u64{64} << 20};
  run_on_threads(5, options, [&](Cluster& cluster) {
    cluster.credits_per_peer = 8;  // 4 peers of 17 frames of 256 KiB would be 17 MiB
    const u64 before = cluster.budget.leased();
    Shuffle<u64> shuffle(cluster, "narrow", Lease());
    EXPECT_LE(cluster.budget.leased() - before, u64{4} << 20);
    for (u64 i = 0; i < 100'000; ++i) shuffle.put({narrow<u32>(i % 5)}, i);
    EXPECT_EQ(shuffle.finish().size(), 100'000U);
    EXPECT_EQ(cluster.budget.leased(), before);
  });
}

}  // namespace
}  // namespace shardmill

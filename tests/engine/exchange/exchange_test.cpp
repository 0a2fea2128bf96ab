#include "engine/exchange/exchange.hpp"

#include <algorithm>
#include <random>

#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

// That a row was put for a rank, or reached it.
struct Delivery {
  u32 to;
  Hash128 row;
  auto operator<=>(const Delivery&) const = default;
};

Delivery delivery(u32 to, std::string_view key, std::string_view payload) {
  return {to, Hasher128().add_field(key).add_field(payload).digest()};
}

std::string random_bytes(std::mt19937_64& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random() & 255);
  return bytes;
}

class ExchangeShapes : public ClusterShapes {};
SHARDMILL_EVERY_SHAPE(ExchangeShapes);

TEST_P(ExchangeShapes, RowsOfAnyLengthArriveOnceWhereTheyWereSent) {
  PerRank<Delivery> sent(GetParam().ranks);
  PerRank<Delivery> arrived(GetParam().ranks);
  run([&](Cluster& cluster) {
    std::mt19937_64 random(17 + cluster.rank().value);
    RowShuffle shuffle(cluster, "rows", cluster.budget.lease("rows", 0.2, 1_MiB));
    for (int i = 0; i < 400; ++i) {
      std::size_t size = random() % 60;
      if (i % 37 == 0) size = 0;
      if (i % 50 == 0) size = 300 + random() % 2000;           // some tiny frames
      if (i == 100) size = 2 * kFrameBytes + random() % 1000;  // some whole frames
      const Rank to{static_cast<u32>(random() % cluster.size())};
      const std::string key = random_bytes(random, random() % 12);
      const std::string payload = random_bytes(random, size);
      shuffle.put(to, key, payload);
      sent.of(cluster).push_back(delivery(to.value, key, payload));
    }
    Rows rows = shuffle.finish();
    rows.for_each([&](std::string_view key, std::string_view payload) {
      arrived.of(cluster).push_back(delivery(cluster.rank().value, key, payload));
    });
  });
  std::vector<Delivery> put = sent.all();
  std::vector<Delivery> got = arrived.all();
  std::sort(put.begin(), put.end());
  std::sort(got.begin(), got.end());
  EXPECT_EQ(put.size(), 400 * GetParam().ranks);
  EXPECT_TRUE(put == got);
}

TEST_P(ExchangeShapes, EveryRankMayFloodOne) {
  run([&](Cluster& cluster) {
    Shuffle<u64> shuffle(cluster, "flood", cluster.budget.lease("flood", 0.2, 1_MiB));
    for (u64 i = 0; i < 3000; ++i) shuffle.put({cluster.size() - 1}, i);
    Records<u64> records = shuffle.finish();
    EXPECT_EQ(shuffle.traffic().rows_put(), 3000U);
    const bool is_last = cluster.rank().value + 1 == cluster.size();
    EXPECT_EQ(records.size(), is_last ? 3000 * cluster.size() : 0);
  });
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

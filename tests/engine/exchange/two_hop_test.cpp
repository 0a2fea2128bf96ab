// The two-hop route delivers what the direct route delivers.
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <random>

#include "engine/exchange/shuffle.hpp"
#include "tests/engine/exchange/node_shapes.hpp"

namespace shardmill {
namespace {

// Of each rank: the rows that it got, origin and number first, in the order of their arrival.
using Delivered = std::vector<std::vector<std::string>>;

class Collector final : public RowSink {
 public:
  void accept(std::span<const std::byte> rows) override {
    while (!rows.empty()) {
      u32 length = 0;
      std::memcpy(&length, rows.data(), sizeof length);
      got.emplace_back(reinterpret_cast<const char*>(rows.data()) + sizeof length, length);
      rows = rows.subspan(sizeof length + length);
    }
  }
  std::vector<std::string> got;
};

// Rows of nothing to a few frames, for random ranks; a third of them for rank 0.
Delivered deliver(const NodeShape& shape) {
  Delivered delivered(shape.ranks);
  run_shape(shape, [&](Cluster& cluster) {
    Collector sink;
    Exchange exchange(cluster, "rows", 0, sink);
    std::mt19937_64 random(cluster.rank().value);
    for (u32 i = 0; i < 300; ++i) {
      std::size_t size = random() % 80;
      if (i % 20 == 3) size = random() % 3000;
      if (i == 100) size = 300'000;
      const Rank to{i % 3 == 0 ? 0 : static_cast<u32>(random() % shape.ranks)};
      std::string row = std::to_string(cluster.rank().value) + "/" + std::to_string(1000 + i);
      row.resize(row.size() + size, static_cast<char>(random() % 256));
      exchange.put(to, std::as_bytes(std::span(row)));
    }
    exchange.finish();
    EXPECT_EQ(exchange.traffic().rows_put(), 300U);
    delivered[cluster.rank().value] = std::move(sink.got);
  });
  return delivered;
}

// Rows of one origin keep their order on every route; those of several origins may mix.
std::map<std::string, std::vector<std::string>> by_origin(const std::vector<std::string>& rows) {
  std::map<std::string, std::vector<std::string>> result;
  for (const std::string& row : rows) result[row.substr(0, row.find('/'))].push_back(row);
  return result;
}

TEST(TwoHop, DeliversWhatTheDirectRouteDelivers) {
  for (const u32 ranks : {1U, 2U, 3U, 4U, 8U}) {
    const Delivered direct = deliver({ranks, {}, Route::direct, false});
    for (const u32 per_node : {1U, 2U, 3U, 4U}) {
      if (ranks % per_node != 0) continue;  // choose_route never takes two hops there
      for (const bool tiny : {false, true}) {
        if (ranks == 8 && tiny != (per_node == 4)) continue;  // these take long
        const Delivered two_hop =
            deliver({ranks, simulated_nodes(ranks, per_node), Route::two_hop, tiny});
        for (u32 r = 0; r < ranks; ++r) {
          EXPECT_TRUE(by_origin(direct[r]) == by_origin(two_hop[r]))
              << ranks << " ranks, " << per_node << " per node, tiny " << tiny << ", rank " << r;
        }
      }
    }
  }
}

TEST(TwoHop, NodesNeedNotBeConsecutiveRanks) {
  const Delivered direct = deliver({6, {}, Route::direct, false});
  const Delivered two_hop = deliver({6, {0, 1, 0, 1, 1, 0}, Route::two_hop, true});
  for (u32 r = 0; r < 6; ++r) EXPECT_TRUE(by_origin(direct[r]) == by_origin(two_hop[r])) << r;
}

// Three ranks forward to one that looks at the network late and rarely, with one credit each.
TEST(TwoHop, FloodsThroughForwardersThatAreBusyThemselves) {
  run_shape({8, simulated_nodes(8, 4), Route::two_hop, true}, [&](Cluster& cluster) {
    Shuffle<u64> first(cluster, "first", cluster.budget.lease("first", 0.1, 1_MiB));
    Shuffle<u64> second(cluster, "second", cluster.budget.lease("second", 0.1, 1_MiB));
    if (cluster.rank().value == 7) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    for (u64 i = 0; i < 4000; ++i) {
      (cluster.rank().value % 2 == 0 ? first : second).put({7}, i);
      (cluster.rank().value % 3 == 0 ? first : second).put({narrow<u32>(i % 8)}, i);
    }
    const u64 here = first.finish().size() + second.finish().size();
    EXPECT_EQ(here, cluster.rank().value == 7 ? 8U * 4500 : 8U * 500);
  });
}

// Ranks whose memory differs have frames of different sizes; packets must fit all along the way.
TEST(TwoHop, RanksMayHaveFramesOfDifferentSizes) {
  u64 forwarded = 0;
  std::mutex mutex;
  run_shape({6, simulated_nodes(6, 3), Route::two_hop, false}, [&](Cluster& cluster) {
    Lease arrived = cluster.budget.lease("uneven", 0.1, 1_MiB);
    // 15 frames get half of what is left: from some KiB each to 256 KiB.
    const u64 left = u64{100'000} << 2 * (cluster.rank().value % 4);
    const Lease others = cluster.budget.lease(
        "others", 0, {cluster.budget.shared() - cluster.budget.leased() - left});
    RowShuffle shuffle(cluster, "uneven", std::move(arrived));
    for (u64 i = 0; i < 3000; ++i) {
      const std::string row((i * 37) % (i % 100 == 0 ? 70'000 : 900), 'x');
      shuffle.put({narrow<u32>(i % 6)}, std::to_string(i), row);
    }
    const Rows rows = shuffle.finish();
    EXPECT_EQ(rows.size(), 3000U);
    const std::scoped_lock lock(mutex);
    forwarded += shuffle.traffic().bytes_forwarded;
  });
  EXPECT_GT(forwarded, 0U);
}

TEST(TwoHop, CrossesBetweenNodesOnceAndReportsIt) {
  run_shape({4, simulated_nodes(4, 2), Route::two_hop, false}, [&](Cluster& cluster) {
    for (int round = 0; round < 2; ++round) {
      Shuffle<u64> shuffle(cluster, "matrix", Lease());
      for (u64 i = 0; i < 1000; ++i) shuffle.put({narrow<u32>(i % 4)}, i);
      static_cast<void>(shuffle.finish());
    }
    ASSERT_EQ(cluster.traffic.size(), 1U);
    const Traffic& traffic = cluster.traffic.front();
    EXPECT_EQ(traffic.name, "matrix");
    EXPECT_EQ(traffic.exchanges, 2U);
    ASSERT_EQ(traffic.to.size(), 4U);
    const u32 self = cluster.rank().value;
    for (u32 r = 0; r < 4; ++r) {
      EXPECT_EQ(traffic.to[r].rows, 500U);
      EXPECT_EQ(traffic.to[r].bytes, 4000U);
      const bool neighbour = r != self && (r / 2 == self / 2 || r % 2 == self % 2);
      EXPECT_EQ(traffic.to[r].frames > 0, neighbour) << self << " to " << r;
    }
    EXPECT_EQ(traffic.rows_received, 1500U);
    EXPECT_EQ(traffic.bytes_received, 12'000U);
    // Rows of the remote rank with our place for our neighbour, and its totals.
    EXPECT_GT(traffic.bytes_forwarded, 4000U);
    EXPECT_EQ(cluster.bytes_exchanged, 16'000U);
  });
}

}  // namespace
}  // namespace shardmill

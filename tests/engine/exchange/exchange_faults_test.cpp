// One damaged, lost or repeated frame, or a dead rank: the exchange fails with a message that says
// where, or nothing was wrong; never a wrong result.
#include <gtest/gtest.h>

#include "cluster/thread_cluster.hpp"
#include "engine/exchange/shuffle.hpp"
#include "tests/engine/exchange/faulty_transport.hpp"
#include "tests/engine/exchange/node_shapes.hpp"

namespace shardmill {
namespace {

constexpr std::chrono::seconds kLong{20};

struct Setting {
  u32 ranks;
  Rank faulty;  // whose frames suffer
  Rank victim;  // on their way to it
  Route route = Route::direct;
  u32 ranks_per_node = 1;
};
constexpr Setting kPair{2, {0}, {1}};
// 0 1 | 2 3: rows of rank 0 for rank 3 pass through rank 2.
constexpr Setting kTransit{4, {2}, {3}, Route::two_hop, 2};

// The message of the error; empty when what arrived is what was put.
std::string error_with(const Setting& setting, Fault fault, std::chrono::milliseconds wait_limit) {
  fault.to = setting.victim;
  ThreadOptions options;
  options.wait_limit = kLong;
  try {
    run_on_threads(setting.ranks, options, [&](Cluster& outer) {
      FaultyTransport transport(outer.transport, outer.rank() == setting.faulty ? fault : Fault{});
      Cluster cluster{outer.control,  transport,  outer.budget,
                      outer.watchdog, outer.stop, outer.scratch};
      cluster.frame_bytes = 512;
      cluster.wait_limit = wait_limit;
      cluster.route = setting.route;
      cluster.node_of = simulated_nodes(setting.ranks, setting.ranks_per_node);
      Shuffle<u64> shuffle(cluster, "damaged", Lease());
      // Two hops: rank 0's rows all go through rank 2, which has none of its own to send.
      const bool sends = setting.route == Route::direct || outer.rank().value == 0;
      for (u64 i = 0; sends && i < 5000; ++i) {
        shuffle.put({setting.route == Route::direct ? narrow<u32>(i % 2) : 3U}, i);
      }
      const u64 arrived = shuffle.finish().size();
      const u64 expected = setting.route == Route::direct ? 5000U
                           : outer.rank().value == 3      ? 5000U
                                                          : 0U;
      EXPECT_EQ(arrived, expected);
    });
  } catch (const TransportError& error) {
    return error.what();
  }
  return "";
}

void expect_in(const std::string& part, const std::string& error) {
  EXPECT_NE(error.find(part), std::string::npos) << error;
}

TEST(ExchangeFaults, NoneIsNoError) {
  EXPECT_EQ(error_with(kPair, {}, kLong), "");
  EXPECT_EQ(error_with(kTransit, {}, kLong), "");
}

TEST(ExchangeFaults, ADamagedFrameNamesItsSender) {
  expect_in("exchange damaged on rank 1: a packet from rank 0 is damaged",
            error_with(kPair, {Fault::Kind::flip_bit, 7}, kLong));
  expect_in("exchange damaged on rank 3: a packet from rank 2 is damaged",
            error_with(kTransit, {Fault::Kind::flip_bit, 7}, kLong));
}

TEST(ExchangeFaults, ATornFrameNamesItsSender) {
  expect_in("frame from rank 0 is torn", error_with(kPair, {Fault::Kind::tear, 7}, kLong));
  expect_in("frame from rank 2 is torn", error_with(kTransit, {Fault::Kind::tear, 7}, kLong));
}

TEST(ExchangeFaults, ALostFrameIsAGap) {
  expect_in("frame from rank 0 is number 8, expected 7",
            error_with(kPair, {Fault::Kind::lose, 7}, kLong));
  const std::string error = error_with(kTransit, {Fault::Kind::lose, 7}, kLong);
  expect_in("on rank 3: frame from rank 2 is number ", error);
  expect_in("a frame was lost or repeated", error);
}

TEST(ExchangeFaults, ARepeatedFrameIsRefused) {
  expect_in("frame from rank 0 is number 7, expected 8",
            error_with(kPair, {Fault::Kind::repeat, 7}, kLong));
  const std::string error = error_with(kTransit, {Fault::Kind::repeat, 7}, kLong);
  expect_in("on rank 3: frame from rank 2 is number ", error);
  expect_in("a frame was lost or repeated", error);
}

// Every frame is in order and whole; only the ends of the route can know.
TEST(ExchangeFaults, APacketLostByAForwarderNamesItsOriginAndDestination) {
  const std::string error = error_with(kTransit, {Fault::Kind::lose_packet, 7}, kLong);
  expect_in("rank 0 sent rank 3 5000 rows", error);
}

TEST(ExchangeFaults, ALostLastFrameEndsTheWait) {
  // 2500 records of 8 bytes in payloads of 448: frames 0 .. 43, then the rest and the totals.
  const std::string error =
      error_with(kPair, {Fault::Kind::lose, 44}, std::chrono::milliseconds(300));
  expect_in("exchange damaged on rank", error);
  expect_in("nothing moved", error);
}

TEST(ExchangeFaults, WrongTotalsNameThePair) {
  const std::string error = error_with(kPair, {Fault::Kind::forge_totals, 44}, kLong);
  expect_in("rank 0 sent rank 1 2501 rows", error);
  expect_in("2500 rows", error);
}

// Wherever among its operations a rank dies, at the end of a route or in the middle.
TEST(ExchangeFaults, ADeadRankEndsTheOthers) {
  for (const Route route : {Route::direct, Route::two_hop}) {
    for (u64 after = 5; after < 2000; after = after * 3 / 2) {
      ThreadOptions options;
      options.wait_limit = kLong;
      options.dying = DyingRank{{1}, after};
      const auto body = [&](Cluster& cluster) {
        cluster.frame_bytes = 512;
        cluster.route = route;
        cluster.node_of = simulated_nodes(4, 2);
        Shuffle<u64> shuffle(cluster, "dying", Lease());
        for (u64 i = 0; i < 50000; ++i) shuffle.put({narrow<u32>(i % 4)}, i);
        static_cast<void>(shuffle.finish());
      };
      EXPECT_THROW(run_on_threads(4, options, body), InjectedDeath) << after;
    }
  }
}

}  // namespace
}  // namespace shardmill

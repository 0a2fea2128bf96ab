#include "engine/exchange/route.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/exchange/frame_plan.hpp"
#include "tests/engine/exchange/node_shapes.hpp"

namespace shardmill {
namespace {

TEST(Router, EveryPairIsTwoHopsApartAtMostAndChangesNodeOnce) {
  const std::vector<std::vector<u32>> placements = {simulated_nodes(12, 3),
                                                    simulated_nodes(12, 4),
                                                    simulated_nodes(12, 1),
                                                    simulated_nodes(12, 12),
                                                    {0, 1, 2, 0, 1, 2, 2, 1, 0, 1, 0, 2}};
  for (const auto& node_of : placements) {
    std::vector<Router> routers;
    for (u32 r = 0; r < 12; ++r) routers.emplace_back(Route::two_hop, node_of, 12, Rank{r});
    const u32 nodes = *std::max_element(node_of.begin(), node_of.end()) + 1;
    for (u32 from = 0; from < 12; ++from) {
      EXPECT_EQ(routers[from].neighbours().size(), nodes - 1 + 12 / nodes - 1);
      for (u32 to = 0; to < 12; ++to) {
        if (from == to) continue;
        const Rank first = routers[from].next_hop({to});
        const auto& neighbours = routers[from].neighbours();
        EXPECT_TRUE(std::find(neighbours.begin(), neighbours.end(), first) != neighbours.end());
        EXPECT_EQ(node_of[first.value], node_of[to]);
        EXPECT_EQ(routers[from].is_last_hop(first), node_of[from] == node_of[first.value]);
        if (first != Rank{to}) {
          EXPECT_TRUE(routers[from].forwards());
          EXPECT_EQ(routers[first.value].next_hop({to}), Rank{to});
          EXPECT_TRUE(routers[first.value].is_last_hop({to}));
        }
      }
    }
  }
}

TEST(Router, DirectKnowsEveryRank) {
  const Router router(Route::direct, simulated_nodes(6, 2), 6, {4});
  EXPECT_EQ(router.neighbours().size(), 5U);
  EXPECT_FALSE(router.forwards());
  for (u32 r = 0; r < 6; ++r) {
    if (r == 4) continue;
    EXPECT_EQ(router.next_hop({r}), Rank{r});
    EXPECT_TRUE(router.is_last_hop({r}));
  }
}

TEST(ChooseRoute, DirectWhileItsFramesAreLargeEnough) {
  const auto route = [](u32 nodes, u32 per_node, u64 memory) {
    const u32 ranks = nodes * per_node;
    return choose_route(RouteWish::automatic, simulated_nodes(ranks, per_node), ranks, memory)
        .route;
  };
  const u64 gib = u64{1} << 30;
  EXPECT_EQ(route(1, 64, gib / 16), Route::direct);  // one node: two hops change nothing
  EXPECT_EQ(route(64, 1, gib / 16), Route::direct);  // nor with one rank on each
  EXPECT_EQ(route(4, 16, gib), Route::direct);       // 63 × 7 frames of 148 KiB in 64 MiB
  EXPECT_EQ(route(9, 16, gib), Route::direct);       // 143 × 7 of 65 KiB
  EXPECT_EQ(route(10, 16, gib), Route::two_hop);     // 159 × 7 would have 58 KiB
  EXPECT_EQ(route(2048, 8, 4 * gib), Route::two_hop);
}

TEST(ChooseRoute, ObeysAndWarnsOfNodesThatDifferInSize) {
  const u64 large = u64{1} << 40;
  EXPECT_EQ(choose_route(RouteWish::two_hop, simulated_nodes(4, 2), 4, large).route,
            Route::two_hop);
  EXPECT_EQ(choose_route(RouteWish::direct, simulated_nodes(1024, 8), 1024, 1).route,
            Route::direct);
  const RouteChoice ragged = choose_route(RouteWish::two_hop, simulated_nodes(5, 2), 5, large);
  EXPECT_EQ(ragged.route, Route::direct);
  EXPECT_NE(ragged.warning, "");
  EXPECT_EQ(choose_route(RouteWish::automatic, simulated_nodes(5, 2), 5, large).warning, "");
  EXPECT_THROW(Router(Route::two_hop, simulated_nodes(5, 2), 5, {0}), InternalError);
}

TEST(FrameNeeds, FramesBeingFilledStayInTheCaches) {
  for (u64 neighbours = 0; neighbours < 20'000; ++neighbours) {
    const std::size_t frame = FrameNeeds::cached_frame(neighbours);
    ASSERT_TRUE(frame == 64 * 1024 || frame * neighbours <= std::size_t{4} << 20) << neighbours;
    ASSERT_GE(frame, 64U * 1024);
    ASSERT_LE(frame, kFrameBytes);
  }
  EXPECT_EQ(FrameNeeds::cached_frame(16), kFrameBytes);
}

// Against the sums written out: neighbours × (2 credits + 1) frames and one, a slot for every rank.
TEST(FrameNeeds, OfThousandsOfRanks) {
  const FrameNeeds direct = FrameNeeds::of_direct(16'384, 2);
  EXPECT_EQ(direct.bytes(4096), (u64{16'383} * 5 + 1) * 4096);
  EXPECT_EQ(direct.bytes(256 * 1024), u64{21'473'787'904});  // 20 GiB: past 2^32
  const FrameNeeds two_hop = FrameNeeds::of_two_hop(2048, 8, 2);
  EXPECT_EQ(two_hop.bytes(4096), (u64{2047 + 7} * 5 + 1) * 4096 + u64{16'384} * 256);
  EXPECT_EQ(two_hop.bytes(256 * 1024), u64{2'692'481'024} + u64{16'384} * 4032);
  // 4 GiB of memory: frames may take 256 MiB, too little for direct frames of 4 KiB.
  const u64 share = u64{256} << 20;
  EXPECT_GT(direct.bytes(direct.largest_frame(share, kFrameBytes)), share);
  EXPECT_GT(two_hop.largest_frame(share, kFrameBytes), 23U * 1024);
}

// tests/bench/test_scale.py holds the model of bench/scale to the same numbers: 4 GiB of memory a
// rank.
TEST(FrameNeeds, AsTheModelOfLargeRunsHasIt) {
  struct Case {
    u32 nodes, direct, two_hop;  // nodes of 8 ranks; frames
    u64 direct_bytes, two_hop_bytes;
  };
  constexpr u32 kCredits = Cluster::kCreditsPerPeer;
  for (const Case& one : {Case{128, 37'480, 65'536, 268'431'760, 65'667'072},
                          Case{512, 9'364, 65'536, 268'428'424, 254'214'144},
                          Case{2048, 4'096, 17'427, 469'737'472, 268'425'009}}) {
    const FrameNeeds direct = FrameNeeds::of_direct(one.nodes * 8, kCredits);
    const FrameNeeds two_hop = FrameNeeds::of_two_hop(one.nodes, 8, kCredits);
    const u64 share = u64{256} << 20;
    const std::size_t direct_frame = direct.largest_frame(share, 64 * 1024);
    const std::size_t two_hop_frame = two_hop.largest_frame(share, 64 * 1024);
    EXPECT_EQ(direct_frame, one.direct);
    EXPECT_NEAR(static_cast<double>(two_hop_frame), one.two_hop, 8);
    EXPECT_EQ(direct.bytes(direct_frame), one.direct_bytes);
    EXPECT_NEAR(static_cast<double>(two_hop.bytes(two_hop_frame)),
                static_cast<double>(one.two_hop_bytes),
                static_cast<double>(one.two_hop_bytes) / 1000);
  }
}

TEST(FrameNeeds, TheLargestFrameFitsAndTheNextDoesNot) {
  for (u64 lease = 1; lease < u64{1} << 34; lease = lease * 5 / 3 + 7) {
    for (const FrameNeeds needs :
         {FrameNeeds::of_direct(7, 2), FrameNeeds::of_direct(4096, 1),
          FrameNeeds::of_two_hop(64, 16, 2), FrameNeeds::of_two_hop(2048, 8, 4)}) {
      const std::size_t frame = needs.largest_frame(lease, kFrameBytes);
      ASSERT_GE(frame, kSmallestFrame);
      ASSERT_LE(frame, kFrameBytes);
      ASSERT_TRUE(frame == kSmallestFrame || needs.bytes(frame) <= lease);
      ASSERT_TRUE(frame == kFrameBytes || needs.bytes(frame + 1) > lease);
    }
  }
}

}  // namespace
}  // namespace shardmill

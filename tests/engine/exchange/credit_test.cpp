// A credit is a receive already posted: whatever is sent finds one, on both routes, under floods.
#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "engine/exchange/frame.hpp"
#include "engine/exchange/shuffle.hpp"
#include "tests/engine/exchange/node_shapes.hpp"

namespace shardmill {
namespace {

// Receives posted less frames sent, of every pair and channel of a run.
struct Ledger {
  std::mutex mutex;
  std::map<std::tuple<u32, u32, u32>, i64> free;
  u64 sent = 0;
  u64 without_receive = 0;
};

class Watched final : public Transport {
 public:
  Watched(Transport& real, Ledger& ledger, Rank self) : real_(real), ledger_(ledger), self_(self) {}
  Ticket post_receive(Rank from, u32 channel, std::span<std::byte> into) override {
    const std::scoped_lock lock(ledger_.mutex);
    ++ledger_.free[{from.value, self_.value, channel}];
    return real_.post_receive(from, channel, into);
  }
  Ticket send(Rank to, u32 channel, std::span<const std::byte> frame) override {
    FrameHeader header;
    std::memcpy(&header, frame.data(), sizeof header);
    const std::scoped_lock lock(ledger_.mutex);
    i64& free = ledger_.free[{self_.value, to.value, channel}];
    ++ledger_.sent;
    // A greeting may come before the neighbour has opened the exchange; it is 32 bytes.
    if (free <= 0 && (header.flags & kFrameHello) == 0) ++ledger_.without_receive;
    --free;
    return real_.send(to, channel, frame);
  }
  void poll(std::vector<Done>& done) override { real_.poll(done); }
  void cancel(Ticket receive) override { real_.cancel(receive); }
  void keep(std::unique_ptr<std::byte[]> buffer) override { real_.keep(std::move(buffer)); }

 private:
  Transport& real_;
  Ledger& ledger_;
  Rank self_;
};

TEST(Credits, NothingIsSentThatNoReceiveIsPostedFor) {
  for (const Route route : {Route::direct, Route::two_hop}) {
    for (const u32 credits : {1U, 2U}) {
      Ledger ledger;
      run_shape({6, simulated_nodes(6, 3), route, true}, [&](Cluster& outer) {
        Watched transport(outer.transport, ledger, outer.rank());
        Cluster cluster{outer.control,  transport,  outer.budget,
                        outer.watchdog, outer.stop, outer.scratch};
        cluster.frame_bytes = 512;
        cluster.credits_per_peer = credits;
        cluster.route = route;
        cluster.node_of = outer.node_of;
        for (int round = 0; round < 3; ++round) {
          Shuffle<u64> shuffle(cluster, "credits", Lease());
          for (u64 i = 0; i < 3000; ++i) shuffle.put({i % 2 == 0 ? 5U : narrow<u32>(i % 6)}, i);
          static_cast<void>(shuffle.finish());
        }
      });
      EXPECT_EQ(ledger.without_receive, 0U);
      EXPECT_GT(ledger.sent, 1000U);
    }
  }
}

}  // namespace
}  // namespace shardmill

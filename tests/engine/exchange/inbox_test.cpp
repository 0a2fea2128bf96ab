#include "engine/exchange/inbox.hpp"

#include <gtest/gtest.h>

#include "cluster/thread_cluster.hpp"

namespace shardmill {
namespace {

class Count final : public RowSink {
 public:
  void accept(std::span<const std::byte> rows) override { bytes += rows.size(); }
  u64 bytes = 0;
};

Packet packet_of(std::span<const std::byte> payload, u32 rows, u32 flags = 0) {
  Packet packet;
  packet.header = {.origin = 1, .destination = 0, .flags = flags, .rows = rows};
  packet.header.bytes = narrow<u32>(payload.size());
  packet.header.checksum = 77;
  packet.payload = payload;
  return packet;
}

void on_rank_0_of_2(const std::function<void(Cluster&)>& body) {
  run_on_threads(2, {}, [&](Cluster& cluster) {
    if (cluster.rank().value == 0) body(cluster);
  });
}

// 5·10^9 rows: past 2^32, without making them one by one.
TEST(Inbox, CountsPast32Bits) {
  on_rank_0_of_2([](Cluster& cluster) {
    Count sink;
    Inbox inbox(cluster, "many", "many on rank 0", 1, sink);
    const std::vector<std::byte> payload(250'000);
    const Packet packet = packet_of(payload, 250'000);
    for (int i = 0; i < 20'000; ++i) inbox.accept(packet);
    EXPECT_EQ(inbox.rows(), 5'000'000'000U);
    EXPECT_EQ(sink.bytes, 5'000'000'000U);
    EXPECT_THROW(inbox.check_complete(), TransportError);
    const Totals totals{5'000'000'000, 5'000'000'000, u64{77} * 20'000};
    inbox.accept(packet_of(std::as_bytes(std::span(&totals, 1)), 0, kPacketTotals));
    inbox.check_complete();
    EXPECT_THROW(inbox.accept(packet), TransportError);  // after its end
  });
}

// Equal modulo 2^32 is not equal.
TEST(Inbox, TotalsThatAreWrongInAnyNumberNameThePair) {
  for (const Totals& wrong : {Totals{2 + (u64{1} << 32), 2, 77}, Totals{2, 2 + (u64{1} << 32), 77},
                              Totals{2, 2, 78}, Totals{3, 2, 77}}) {
    on_rank_0_of_2([&](Cluster& cluster) {
      Count sink;
      Inbox inbox(cluster, "wrong", "wrong on rank 0", 1, sink);
      inbox.accept(packet_of(std::vector<std::byte>(2), 2));
      try {
        inbox.accept(packet_of(std::as_bytes(std::span(&wrong, 1)), 0, kPacketTotals));
        ADD_FAILURE() << wrong.text() << " was accepted";
      } catch (const TransportError& error) {
        EXPECT_NE(std::string(error.what()).find("exchange wrong: rank 1 sent rank 0"),
                  std::string::npos)
            << error.what();
      }
    });
  }
}

}  // namespace
}  // namespace shardmill

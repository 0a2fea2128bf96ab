// Rows larger than a frame, from all ranks at once.
#include <gtest/gtest.h>

#include <random>

#include "cluster/scratch_space.hpp"
#include "cluster/watchdog.hpp"
#include "engine/exchange/partial_rows.hpp"
#include "engine/exchange/shuffle.hpp"
#include "tests/cluster/temporary_folder.hpp"
#include "tests/engine/exchange/node_shapes.hpp"

namespace shardmill {
namespace {

std::vector<std::byte> row_of(u32 origin, u32 number, u32 bytes) {
  std::vector<std::byte> row(bytes);
  for (u32 i = 0; i < bytes; ++i) row[i] = static_cast<std::byte>(origin * 7 + number * 3 + i / 5);
  return row;
}

Packet part_of(std::span<const std::byte> row, std::size_t at, std::size_t bytes, u32 origin) {
  Packet packet;
  packet.payload = row.subspan(at, std::min(bytes, row.size() - at));
  packet.header.origin = origin;
  packet.header.flags = kPacketPart;
  packet.header.rows = at == 0 ? 1 : 0;
  packet.header.row_bytes = narrow<u32>(row.size());
  packet.header.bytes = narrow<u32>(packet.payload.size());
  return packet;
}

// Parts of 40 origins in random turn: every row comes out whole, and all but one at a time wait on
// scratch.
TEST(PartialRows, OneIsPutTogetherInMemoryAndTheOthersOnScratch) {
  constexpr u32 kOrigins = 40;
  constexpr u32 kRows = 5;
  const TemporaryFolder folder;
  Watchdog watchdog({0}, std::chrono::seconds(0), [](const std::string&) {});
  ScratchSpace space{folder.path()};
  PartialRows partial(kOrigins, RunFile(&space, "large", &watchdog));
  std::mt19937_64 random(3);
  struct Sender {
    u32 row = 0;
    std::size_t at = 0;
  };
  std::vector<Sender> senders(kOrigins);
  u64 whole = 0;
  u64 bytes = 0;
  u64 in_memory = 0;  // at least: rows that began while none was held
  u32 held = kOrigins;
  while (whole < kOrigins * kRows) {
    const u32 origin = static_cast<u32>(random() % kOrigins);
    Sender& sender = senders[origin];
    if (sender.row == kRows) continue;
    const auto row = row_of(origin, sender.row, 5000 + origin * 100);
    const Packet part = part_of(row, sender.at, 1 + random() % 2000, origin);
    if (sender.at == 0 && held == kOrigins) held = origin;
    if (held == origin) in_memory += part.payload.size();
    bytes += part.payload.size();
    sender.at += part.payload.size();
    const auto got = partial.add(part, "test");
    ASSERT_EQ(got.empty(), sender.at < row.size());
    ASSERT_EQ(partial.has({origin}), sender.at < row.size());
    if (got.empty()) continue;
    ASSERT_TRUE(std::equal(got.begin(), got.end(), row.begin(), row.end()));
    if (held == origin) held = kOrigins;
    sender = {sender.row + 1, 0};
    ++whole;
  }
  EXPECT_EQ(partial.spilled_bytes(), bytes - in_memory);
  EXPECT_GT(partial.spilled_bytes(), bytes / 2);
}

TEST(PartialRows, PartsThatGoOnNoRowAreRefused) {
  const TemporaryFolder folder;
  Watchdog watchdog({0}, std::chrono::seconds(0), [](const std::string&) {});
  const auto row = row_of(0, 0, 100);
  ScratchSpace space{folder.path()};
  const auto fresh = [&] { return PartialRows(2, RunFile(&space, "large", &watchdog)); };
  const auto add = [&](PartialRows& partial, const Packet& packet) {
    static_cast<void>(partial.add(packet, "test"));
  };
  PartialRows a = fresh();
  EXPECT_THROW(add(a, part_of(row, 10, 10, 0)), TransportError);  // no beginning
  PartialRows b = fresh();
  add(b, part_of(row, 0, 10, 0));
  EXPECT_THROW(add(b, part_of(row, 0, 10, 0)), TransportError);  // another beginning
  PartialRows c = fresh();
  add(c, part_of(row, 0, 60, 0));
  add(c, part_of(row, 0, 60, 1));
  EXPECT_THROW(add(c, part_of(row, 10, 60, 0)), TransportError);  // more than the row has
  PartialRows d = fresh();
  Packet other = part_of(row, 10, 10, 0);
  other.header.row_bytes = 99;
  add(d, part_of(row, 0, 10, 0));
  EXPECT_THROW(add(d, other), TransportError);  // of another row
}

// Every rank sends every rank rows of some hundred frames, by either route, into a lease that the
// rows exceed.
TEST(LargeRows, AFloodOfThemArrivesByWayOfScratch) {
  constexpr u32 kRanks = 6;
  constexpr u32 kRows = 4;
  for (const Route route : {Route::direct, Route::two_hop}) {
    u64 spilled = 0;
    std::mutex mutex;
    run_shape({kRanks, simulated_nodes(kRanks, 3), route, true}, [&](Cluster& cluster) {
      RowShuffle shuffle(cluster, "large", cluster.budget.lease("large", 0, 1_MiB));
      for (u32 i = 0; i < kRows * kRanks; ++i) {
        const auto row = row_of(cluster.rank().value, i, 25'000 + 500 * i);
        const std::string key = std::to_string(cluster.rank().value) + "/" + std::to_string(i);
        shuffle.put({i % kRanks}, key, {reinterpret_cast<const char*>(row.data()), row.size()});
      }
      const Rows rows = shuffle.finish();
      EXPECT_EQ(rows.size(), kRows * kRanks);
      rows.for_each([&](std::string_view key, std::string_view payload) {
        const u32 origin = narrow<u32>(std::stoul(std::string(key)));
        const u32 i = narrow<u32>(std::stoul(std::string(key.substr(key.find('/') + 1))));
        EXPECT_EQ(i % kRanks, cluster.rank().value);
        const auto row = row_of(origin, i, 25'000 + 500 * i);
        EXPECT_TRUE(payload ==
                    std::string_view(reinterpret_cast<const char*>(row.data()), row.size()));
      });
      const std::scoped_lock lock(mutex);
      spilled += shuffle.traffic().spilled_bytes;
    });
    EXPECT_GT(spilled, u64{1'000'000});
  }
}

}  // namespace
}  // namespace shardmill

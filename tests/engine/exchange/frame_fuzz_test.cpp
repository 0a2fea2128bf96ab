// Bytes that were no frame, or were one before they changed: an error, or exactly what was put in.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "cluster/thread_cluster.hpp"
#include "engine/exchange/frame.hpp"
#include "engine/exchange/inbox.hpp"

namespace shardmill {
namespace {

constexpr u32 kChannel = 4;
constexpr Rank kSource{1};

// Counts and sums rows, so that a changed byte shows.
class Sum final : public RowSink {
 public:
  void accept(std::span<const std::byte> rows) override {
    for (const std::byte b : rows) sum = sum * 31 + static_cast<u64>(b);
  }
  u64 sum = 0;
};

void append_packet(std::vector<std::byte>& frame, PacketHeader header,
                   std::span<const std::byte> payload) {
  std::vector<std::byte> packet(sizeof header);
  packet.insert(packet.end(), payload.begin(), payload.end());
  header.bytes = narrow<u32>(payload.size());
  seal_packet(header, packet);
  frame.insert(frame.end(), packet.begin(), packet.end());
}

void seal(std::vector<std::byte>& frame) {
  FrameHeader header;
  header.channel = kChannel;
  header.source = kSource.value;
  header.bytes = narrow<u32>(frame.size() - sizeof header);
  seal_frame(header, frame);
}

// A frame of some packets of rows with lengths, of parts or of totals; not all of them right.
std::vector<std::byte> random_frame(std::mt19937_64& random) {
  std::vector<std::byte> frame(sizeof(FrameHeader));
  for (u64 packets = random() % 4; packets > 0; --packets) {
    std::vector<std::byte> rows;
    PacketHeader header{.origin = 1, .destination = 0};
    for (u64 n = random() % 5; n > 0; --n, ++header.rows) {
      const u32 length = static_cast<u32>(random() % 30);
      const auto prefix = std::as_bytes(std::span(&length, 1));
      rows.insert(rows.end(), prefix.begin(), prefix.end());
      rows.resize(rows.size() + length, static_cast<std::byte>(random()));
    }
    if (random() % 8 == 0) header.flags = static_cast<u32>(random() % 4);
    if (random() % 8 == 0) header.row_bytes = static_cast<u32>(rows.size() * (1 + random() % 2));
    if (random() % 8 == 0) header.origin = static_cast<u32>(random() % 4);
    if (random() % 8 == 0) header.rows = static_cast<u32>(random() % 3);
    append_packet(frame, header, rows);
  }
  seal(frame);
  return frame;
}

// What the sink got of the frame, or nothing when it was refused.
std::optional<u64> parse(Cluster& cluster, const std::vector<std::byte>& bytes) {
  // Of exactly this size, so that a sanitizer sees a read behind the end.
  const auto exact = std::make_unique<std::byte[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), exact.get());
  const std::span<const std::byte> frame(exact.get(), bytes.size());
  Sum sink;
  try {
    static_cast<void>(open_frame(frame, kChannel, kSource, 0, "fuzz"));
    Inbox inbox(cluster, "fuzz", "fuzz", 0, sink);
    for (auto rest = frame.subspan(sizeof(FrameHeader)); !rest.empty();) {
      const Packet packet = open_packet(rest, kSource, "fuzz");
      inbox.accept(packet);
      rest = rest.subspan(packet.bytes());
    }
  } catch (const TransportError&) {
    return {};
  }
  return sink.sum;
}

void mutate(std::vector<std::byte>& frame, std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      frame[random() % frame.size()] ^= static_cast<std::byte>(1 + random() % 255);
      break;
    case 1:
      frame.resize(random() % frame.size());
      break;
    case 2:
      frame.resize(frame.size() + 1 + random() % 100);
      break;
    default:
      for (std::byte& b : frame) b = static_cast<std::byte>(random());
  }
}

TEST(FrameFuzz, AnErrorOrTheRightRows) {
  const bool is_long = std::getenv("SHARDMILL_LONG") != nullptr;
  run_on_threads(1, {}, [&](Cluster& outer) {
    // An inbox of three ranks; only the size of the world matters to it.
    class World final : public Communicator {
     public:
      Rank rank() const override { return {0}; }
      u32 size() const override { return 3; }
      void barrier() override {}
      std::vector<std::string> all_gather(const std::string&) override { return {}; }
      std::string broadcast(const std::string& bytes) override { return bytes; }
      std::vector<u64> all_sum(const std::vector<u64>& mine) override { return mine; }
      std::vector<u64> all_max(const std::vector<u64>& mine) override { return mine; }
    } world;
    Cluster cluster{world,          outer.transport, outer.budget,
                    outer.watchdog, outer.stop,      outer.scratch};
    std::mt19937_64 random(11);
    u64 accepted = 0;
    u64 survived = 0;
    for (int i = 0; i < (is_long ? 1'000'000 : 100'000); ++i) {
      std::vector<std::byte> frame = random_frame(random);
      const auto before = parse(cluster, frame);
      accepted += before.has_value() ? 1 : 0;
      std::vector<std::byte> resealed = frame;
      mutate(frame, random);
      const auto after = parse(cluster, frame);
      // A frame whose own header is right, around packets that are not: whole packets may be
      // missing then, which the totals show. Nothing may be read that is not there.
      mutate(resealed, random);
      resealed.resize(std::max(resealed.size(), sizeof(FrameHeader)));
      seal(resealed);
      static_cast<void>(parse(cluster, resealed));
      if (!after) continue;
      ASSERT_EQ(after, before);
      ++survived;
    }
    EXPECT_GT(accepted, 1000U);
    EXPECT_EQ(survived, 0U);  // a single changed byte is found: 2^-64 is nothing
  });
}

}  // namespace
}  // namespace shardmill

// Putting rows for many ranks, on one core without a network: partition hash, copy into frames and
// checksum, against a plain copy of the same bytes. Whatever is sent has left at once and its
// credit is back, so nothing here waits.
#include <benchmark/benchmark.h>

#include <cstring>
#include <deque>
#include <random>
#include <vector>

#include "cluster/signals.hpp"
#include "cluster/watchdog.hpp"
#include "engine/exchange/exchange.hpp"
#include "engine/exchange/frame.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/hash/hash.hpp"

namespace shardmill {
namespace {

constexpr std::size_t kBytes = 64 << 20;

class NoPeers final : public Communicator {
 public:
  explicit NoPeers(u32 size) : size_(size) {}
  Rank rank() const override { return {0}; }
  u32 size() const override { return size_; }
  void barrier() override {}
  std::vector<std::string> all_gather(const std::string& mine) override { return {mine}; }
  std::string broadcast(const std::string& from_root) override { return from_root; }
  std::vector<u64> all_sum(const std::vector<u64>& mine) override { return mine; }
  std::vector<u64> all_max(const std::vector<u64>& mine) override { return mine; }

 private:
  u32 size_;
};

// Peers that answer every greeting with one and every frame with a credit.
class BlackHole final : public Transport {
 public:
  explicit BlackHole(u32 ranks) : peers_(ranks) {}
  Ticket post_receive(Rank from, u32 channel, std::span<std::byte> into) override {
    if (channel % 2 == 1) peers_[from.value].receives.push_back({++last_, into});
    return channel % 2 == 1 ? last_ : ++last_;
  }
  Ticket send(Rank to, u32 channel, std::span<const std::byte> frame) override {
    done_.push_back({++last_, frame.size()});
    FrameHeader header;
    std::memcpy(&header, frame.data(), sizeof header);
    Peer& peer = peers_[to.value];
    const bool hello = (header.flags & kFrameHello) != 0;
    header.channel = channel | 1;
    header.source = to.value;
    header.sequence = peer.sequence++;
    header.credits = hello ? header.credits : 1;
    header.bytes = hello ? header.bytes : 0;
    const auto [ticket, into] = peer.receives.front();
    peer.receives.pop_front();
    seal_frame(header, into);
    done_.push_back({ticket, sizeof header});
    return done_.end()[-2].ticket;
  }
  void poll(std::vector<Done>& done) override {
    done.insert(done.end(), done_.begin(), done_.end());
    done_.clear();
  }
  void cancel(Ticket) override {}

 private:
  struct Peer {
    u32 sequence = 0;
    std::deque<std::pair<Ticket, std::span<std::byte>>> receives;
  };
  std::vector<Peer> peers_;
  std::vector<Done> done_;
  Ticket last_ = 0;
};

class NoSink final : public RowSink {
 public:
  void accept(std::span<const std::byte> rows) override { benchmark::DoNotOptimize(rows.data()); }
};

template <std::size_t kRow>
struct Row {
  u64 key;
  std::byte rest[kRow - sizeof(u64)];
};

template <std::size_t kRow>
const std::vector<Row<kRow>>& rows() {
  static const std::vector<Row<kRow>> made = [] {
    std::vector<Row<kRow>> all(kBytes / kRow);
    std::mt19937_64 random(1);
    for (auto& row : all) row.key = random();
    return all;
  }();
  return made;
}

void copy(benchmark::State& state) {
  const auto& from = rows<128>();
  std::vector<std::byte> to(kBytes);
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), kBytes);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<i64>(kBytes));
}
BENCHMARK(copy);

// What the checksum alone takes, over frames of 256 KiB.
void checksum(benchmark::State& state) {
  const char* bytes = reinterpret_cast<const char*>(rows<128>().data());
  for (auto _ : state) {
    for (std::size_t at = 0; at < kBytes; at += kFrameBytes) {
      benchmark::DoNotOptimize(hash64({bytes + at, kFrameBytes}));
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<i64>(kBytes));
}
BENCHMARK(checksum);

template <std::size_t kRow, Route kRoute>
void put(benchmark::State& state) {
  const u32 ranks = narrow<u32>(state.range(0));
  NoPeers control(ranks);
  BlackHole transport(ranks);
  Budget budget({u64{8} << 30});
  Watchdog watchdog({0}, std::chrono::seconds(0), [](const std::string&) {});
  const StopFlag stop;
  Cluster cluster{control, transport, budget, watchdog, stop, "/nonexistent"};
  cluster.route = kRoute;
  cluster.node_of = simulated_nodes(ranks, 8);
  NoSink sink;
  const auto& all = rows<kRow>();
  Exchange exchange(cluster, "put", kRow, sink);
  for (auto _ : state) {
    for (const Row<kRow>& row : all) {
      exchange.put(owner_of(mix64(row.key), ranks), std::as_bytes(std::span(&row, 1)));
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<i64>(all.size() * kRow));
}
BENCHMARK_TEMPLATE(put, 128, Route::direct)->RangeMultiplier(4)->Range(16, 16384);
BENCHMARK_TEMPLATE(put, 16, Route::direct)->RangeMultiplier(4)->Range(16, 16384);
BENCHMARK_TEMPLATE(put, 128, Route::two_hop)->RangeMultiplier(4)->Range(16, 16384);
BENCHMARK_TEMPLATE(put, 16, Route::two_hop)->RangeMultiplier(4)->Range(16, 16384);

}  // namespace
}  // namespace shardmill

// The exchange over MPI: conservation of some 100 MB on both routes, at ease and with everything
// too small. Prints the rate; run with `mpirun -n RANKS`.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "cluster/runtime.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/exchange/route.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"

namespace shardmill {
namespace {

struct Record {
  u64 key, from, payload, filler;
  auto operator<=>(const Record&) const = default;
};

u64 hash_of(const Record& record) {
  return hash64({reinterpret_cast<const char*>(&record), sizeof record});
}

// Every rank puts `count` records; true when the multiset that arrived is the one put.
bool records_are_conserved(Cluster& cluster, u64 count, const char* name) {
  const auto began = std::chrono::steady_clock::now();
  Shuffle<Record> shuffle(cluster, name, cluster.budget.lease(name, 0.5, 1_MiB));
  u64 put = 0;
  for (u64 i = 0; i < count; ++i) {
    const Record record{mix64(i * cluster.size() + cluster.rank().value), cluster.rank().value, i,
                        0};
    put += hash_of(record);
    shuffle.put(owner_of(record.key, cluster.size()), record);
  }
  Records<Record> arrived = shuffle.finish();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
  u64 got = 0;
  u64 misplaced = 0;
  arrived.for_each([&](const Record& record) {
    got += hash_of(record);
    misplaced += owner_of(record.key, cluster.size()) == cluster.rank() ? 0 : 1;
  });
  const auto sums = cluster.control.all_sum({put, got, arrived.size(), misplaced});
  if (cluster.control.is_root()) {
    std::printf("%s: %.0f MB per rank in %.2f s, %.2f s of it waiting\n", name,
                static_cast<double>(count * sizeof(Record)) * 1e-6, seconds.count(),
                shuffle.traffic().seconds_waiting);
  }
  return sums[0] == sums[1] && sums[2] == count * cluster.size() && sums[3] == 0;
}

// Rows from nothing to several frames; every rank sends each to the next one.
bool rows_are_conserved(Cluster& cluster, const char* name) {
  RowShuffle shuffle(cluster, name, cluster.budget.lease(name, 0.5, 1_MiB));
  u64 put = 0;
  for (u64 i = 0; i < 300; ++i) {
    const std::string key = std::to_string(i);
    std::string row(i % 50 == 7 ? i * 3001 : i, static_cast<char>('a' + i % 26));
    put += hash64(row, i);
    shuffle.put({(cluster.rank().value + 1) % cluster.size()}, key, row);
  }
  Rows rows = shuffle.finish();
  rows.sort();
  u64 got = 0;
  rows.for_each([&](std::string_view key, std::string_view row) {
    got += hash64(row, std::stoull(std::string(key)));
  });
  return got == put && rows.size() == 300;
}

// Every route over nodes of 1 to 4 ranks, where they come out even.
bool routes_agree(Cluster& cluster) {
  bool ok = true;
  for (const u32 per_node : {1U, 2U, 3U, 4U}) {
    const bool even = cluster.size() % std::min(per_node, cluster.size()) == 0;
    const std::string warning =
        take_route(cluster, RouteWish::two_hop, simulated_nodes(cluster.size(), per_node));
    ok = ok && (cluster.route == Route::two_hop) == even && warning.empty() == even;
    if (!even) continue;
    ok = records_are_conserved(cluster, 300'000, "two hops") && ok;
    ok = rows_are_conserved(cluster, "two hops, rows") && ok;
  }
  return ok;
}

// More than 2^31 rows and 2^32 bytes for one rank, counted and not kept: where a count is too short
// the totals of the pair differ. Ten seconds, so only in long tests.
bool large_counts_are_right(Cluster& cluster) {
  if (std::getenv("SHARDMILL_LONG") == nullptr) return true;
  constexpr u64 kRows = (u64{1} << 31) + 12'345;
  class Count final : public RowSink {
   public:
    void accept(std::span<const std::byte> rows) override { bytes += rows.size(); }
    u64 bytes = 0;
  } sink;
  Exchange exchange(cluster, "counts", 2, sink);
  const u32 last = cluster.size() - 1;
  const std::array<std::byte, 2> row{};
  const u64 mine = cluster.rank().value == 0 ? kRows : 0;
  for (u64 i = 0; i < mine; ++i) exchange.put({last}, row);
  exchange.finish();
  return sink.bytes == (cluster.rank().value == last ? 2 * kRows : 0) &&
         exchange.traffic().rows_put() == mine && exchange.traffic().to[last].bytes == 2 * mine;
}

int run(Cluster& cluster, const Topology&) {
  bool ok = large_counts_are_right(cluster);
  ok = records_are_conserved(cluster, 3'300'000, "at ease") && ok;
  ok = rows_are_conserved(cluster, "rows") && ok;
  ok = routes_agree(cluster) && ok;
  cluster.frame_bytes = 512;
  cluster.credits_per_peer = 1;
  cluster.force_spill_rows = 10'000;
  for (const Route route : {Route::direct, Route::two_hop}) {
    const u32 per_node = cluster.size() % 2 == 0 ? 2 : cluster.size();
    cluster.route = route;
    cluster.node_of = simulated_nodes(cluster.size(), per_node);
    ok = records_are_conserved(cluster, 100'000, "tiny") && ok;
    ok = rows_are_conserved(cluster, "tiny rows") && ok;
  }
  if (!ok)
    std::fprintf(stderr, "rank %u: what arrived is not what was put\n", cluster.rank().value);
  return ok ? 0 : 1;
}

}  // namespace
}  // namespace shardmill

int main() { return shardmill::Runtime::run({{512 << 20}, {}}, shardmill::run); }

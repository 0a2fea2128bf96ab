// The exchange over MPI: conservation of some 100 MB, at ease and with everything too small.
// Prints the rate; run with `mpirun -n RANKS`.
#include <chrono>
#include <cstdio>

#include "cluster/runtime.hpp"
#include "engine/exchange/partition.hpp"
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
                shuffle.stats().seconds_waiting);
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

int run(Cluster& cluster, const Topology&) {
  bool ok = records_are_conserved(cluster, 3'300'000, "at ease");
  ok = rows_are_conserved(cluster, "rows") && ok;
  cluster.frame_bytes = 512;
  cluster.credits_per_peer = 1;
  cluster.force_spill_rows = 10'000;
  ok = records_are_conserved(cluster, 100'000, "tiny") && ok;
  ok = rows_are_conserved(cluster, "tiny rows") && ok;
  if (!ok)
    std::fprintf(stderr, "rank %u: what arrived is not what was put\n", cluster.rank().value);
  return ok ? 0 : 1;
}

}  // namespace
}  // namespace shardmill

int main() { return shardmill::Runtime::run({{512 << 20}, {}}, shardmill::run); }

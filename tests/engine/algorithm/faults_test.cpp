// Algorithms while something is wrong at a random place: the right result or a clear error, never a
// wrong result and never a hang.
#include <cstdlib>
#include <map>

#include "engine/algorithm/join.hpp"
#include "engine/algorithm/reduce_by_key.hpp"
#include "engine/algorithm/sort.hpp"
#include "tests/engine/algorithm/join_cases.hpp"
#include "tests/engine/exchange/faulty_transport.hpp"
#include "tests/engine/exchange/stuck_transport.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

constexpr u32 kRanks = 3;

u64 key_of_left(const Left& row) { return row.key; }
u64 key_of_right(const Right& row) { return row.key; }

template <class T>
Records<T> share(Cluster& cluster, const std::vector<T>& all) {
  Records<T> mine(cluster, "in", cluster.budget.lease("in", 0.05, 256_KiB));
  for (std::size_t i = cluster.rank().value; i < all.size(); i += cluster.size()) mine.push(all[i]);
  return mine;
}

// Each takes the rows of a JoinCase and gives matches, of which it uses the fields that it needs.
struct Algorithm {
  const char* name;
  std::function<void(Cluster&, const JoinCase&, std::vector<JoinedPair>&)> run;
  std::function<std::vector<JoinedPair>(const JoinCase&)> expected;  // sorted
};

std::vector<JoinedPair> all_left(const JoinCase& rows) {
  std::vector<JoinedPair> all;
  for (const Left& row : rows.left) all.push_back({row.key, row.value, 0});
  std::sort(all.begin(), all.end());
  return all;
}
std::vector<JoinedPair> sums_by_key(const JoinCase& rows) {
  std::map<u64, u64> sums;
  for (const Left& row : rows.left) sums[row.key] += row.value;
  std::vector<JoinedPair> all;
  for (const auto& [key, sum] : sums) all.push_back({key, sum, 0});
  return all;
}

const std::vector<Algorithm>& algorithms() {
  static const std::vector<Algorithm> all = {
      {"sort",
       [](Cluster& cluster, const JoinCase& rows, std::vector<JoinedPair>& out) {
         sort(cluster, "sort", share(cluster, rows.left)).for_each([&](const Left& row) {
           out.push_back({row.key, row.value, 0});
         });
       },
       all_left},
      {"group_by",
       [](Cluster& cluster, const JoinCase& rows, std::vector<JoinedPair>& out) {
         group_by(cluster, "group", share(cluster, rows.left), key_of_left, [&](auto& group) {
           group.for_each([&](const Left& row) { out.push_back({group.key(), row.value, 0}); });
         });
       },
       all_left},
      {"reduce_by_key",
       [](Cluster& cluster, const JoinCase& rows, std::vector<JoinedPair>& out) {
         const auto add = [](Left& into, const Left& other) { into.value += other.value; };
         reduce_by_key(cluster, "reduce", share(cluster, rows.left), key_of_left, add)
             .for_each([&](const Left& row) {
               out.push_back({row.key, row.value, 0});
             });
       },
       sums_by_key},
      {"join",
       [](Cluster& cluster, const JoinCase& rows, std::vector<JoinedPair>& out) {
         join(cluster, "join", share(cluster, rows.left), share(cluster, rows.right), key_of_left,
              key_of_right, rows.kind, [&](const Left& l, const Right* r) {
                out.push_back({l.key, l.value, r != nullptr ? r->value : JoinedPair::kNone});
              });
       },
       matches_of},
  };
  return all;
}

// Runs with the transports that `wrap(Cluster&)` makes; the error, empty when there was none and
// the result is right.
template <class Wrap>
std::string error_of(const Algorithm& algorithm, const JoinCase& rows, ThreadOptions options,
                     std::chrono::milliseconds wait, Wrap&& wrap) {
  options.force_spill = true;
  options.force_spill_rows = 20;
  options.wait_limit = 3 * wait;
  PerRank<JoinedPair> out(kRanks);
  // They hold frames that others may still write to: until all ranks have ended.
  std::vector<std::unique_ptr<Transport>> transports(kRanks);
  try {
    run_on_threads(kRanks, options, [&](Cluster& outer) {
      auto& transport = transports[outer.rank().value];
      transport = wrap(outer);
      Cluster cluster{outer.control,  *transport, outer.budget,
                      outer.watchdog, outer.stop, outer.scratch};
      make_tiny(cluster);
      cluster.force_spill_rows = options.force_spill_rows;
      cluster.wait_limit = wait;
      algorithm.run(cluster, rows, out.of(cluster));
    });
  } catch (const TransportError& error) {
    return error.what();
  }
  std::vector<JoinedPair> all = out.all();
  std::sort(all.begin(), all.end());
  EXPECT_TRUE(all == algorithm.expected(rows)) << algorithm.name << ": a wrong result, no error";
  return "";
}

JoinCase rows_for(u64 seed) {
  return join_case(kJoinKinds[seed % 4], seed, 300 + seed % 100, 100, 200, 30);
}

// Times as many cases with SHARDMILL_LONG=1.
u64 cases(u64 usual) { return std::getenv("SHARDMILL_LONG") != nullptr ? 20 * usual : usual; }

// A wait that ends too early on a busy machine is an error as good as any other.
constexpr std::chrono::milliseconds kShort{50};

TEST(AlgorithmFaults, DamagedTornLostAndRepeatedFrames) {
  using Kind = Fault::Kind;
  constexpr Kind kKinds[] = {Kind::flip_bit, Kind::tear, Kind::lose, Kind::repeat,
                             Kind::lose_packet};
  for (const Algorithm& algorithm : algorithms()) {
    for (const Kind kind : kKinds) {
      u64 failed = 0;
      const u64 count = cases(25);
      for (u64 seed = 0; seed < count; ++seed) {
        ThreadOptions options;
        options.seed = seed;
        options.longest_delay = std::chrono::microseconds(seed % 3 * 20);
        const u64 at = mix64(seed) % 8;
        const std::string error =
            error_of(algorithm, rows_for(seed), options, kShort, [&](Cluster& outer) {
              const bool faulty = outer.rank().value == seed % kRanks;
              return std::make_unique<FaultyTransport>(outer.transport,
                                                       faulty ? Fault{kind, at} : Fault{});
            });
        failed += error.empty() ? 0 : 1;
      }
      EXPECT_GT(failed, count / 5) << algorithm.name << ": the fault is never met";
    }
  }
}

TEST(AlgorithmFaults, ADeadRank) {
  for (const Algorithm& algorithm : algorithms()) {
    u64 failed = 0;
    const u64 count = cases(60);
    for (u64 seed = 0; seed < count; ++seed) {
      ThreadOptions options;
      options.seed = seed;
      options.longest_delay = std::chrono::microseconds(seed % 3 * 20);
      options.dying = DyingRank{{narrow<u32>(seed % kRanks)}, mix64(seed) % 400};
      const std::string error =
          error_of(algorithm, rows_for(seed), options, kShort, [](Cluster& outer) {
            return std::make_unique<FaultyTransport>(outer.transport, Fault{});
          });
      failed += error.empty() ? 0 : 1;
    }
    EXPECT_GT(failed, count / 3) << algorithm.name;
  }
}

TEST(AlgorithmFaults, AStuckRankIsNamedByThoseWhoWaitForIt) {
  for (const Algorithm& algorithm : algorithms()) {
    u64 named = 0;
    for (u64 seed = 0; seed < 3; ++seed) {
      const u32 stuck = narrow<u32>(seed % kRanks);
      std::atomic<u32> others{kRanks - 1};
      const Algorithm ending = {algorithm.name,
                                [&](Cluster& cluster, const JoinCase& rows, auto& out) {
                                  const bool counts = cluster.rank().value != stuck;
                                  try {
                                    algorithm.run(cluster, rows, out);
                                  } catch (...) {
                                    others -= counts ? 1 : 0;
                                    throw;
                                  }
                                  others -= counts ? 1 : 0;
                                },
                                algorithm.expected};
      const auto began = std::chrono::steady_clock::now();
      const std::string error =
          error_of(ending, rows_for(seed), {}, std::chrono::milliseconds(1000),
                   [&](Cluster& outer) -> std::unique_ptr<Transport> {
                     if (outer.rank().value != stuck) {
                       return std::make_unique<FaultyTransport>(outer.transport, Fault{});
                     }
                     return std::make_unique<StuckTransport>(outer.transport, seed * 2, others);
                   });
      EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(6));
      // Late enough, it may be stuck when nobody needs it any more.
      const bool unneeded = error.find("when all others have ended") != std::string::npos;
      const bool names = error.find("rank " + std::to_string(stuck)) != std::string::npos;
      EXPECT_TRUE(names || unneeded) << algorithm.name << " " << seed << ": " << error;
      named += names ? 1 : 0;
    }
    EXPECT_GE(named, 2U) << algorithm.name;
  }
}

}  // namespace
}  // namespace shardmill

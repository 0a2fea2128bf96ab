// A cluster in one process, for tests: ranks are threads, and they can be slow, out of step, or
// dead.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "cluster/cluster.hpp"
#include "cluster/thread_world.hpp"

namespace shardmill {

struct ThreadOptions {
  Bytes memory = 256_MiB;                      // of each rank's budget
  bool force_spill = false;                    // leases are cut to their floors
  u64 force_spill_rows = 0;                    // see Cluster
  std::chrono::microseconds longest_delay{0};  // of a frame; 0: delivered at once
  u64 seed = 0;                                // of the delays
  std::optional<DyingRank> dying;
  std::chrono::milliseconds wait_limit{60'000};  // of every collective and of fruitless polling
  std::chrono::seconds watchdog_limit{0};        // 0: no watchdog thread
};

// Runs `body` on `ranks` threads, each with its own Cluster: budget, watchdog and scratch folder of
// its own, one stop flag for all. Returns when all have ended; the scratch folders are then gone.
// When a rank throws, the others get PeerLost at their next operation, and the first exception
// that was not itself a PeerLost is rethrown.
void run_on_threads(u32 ranks, const ThreadOptions& options,
                    const std::function<void(Cluster&)>& body);

}  // namespace shardmill

// Runs in which each rank is asked to stop when it has committed something.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>

#include "cluster/signals.hpp"
#include "engine/plan/begun_work.hpp"
#include "tests/cluster/temporary_folder.hpp"
#include "tests/operators/dedup/memory_sketches.hpp"

namespace shardmill {

class StoppedRuns {
 public:
  using Body = std::function<void(Cluster&, const BegunWork&)>;
  // Whether the body came to its end, the same on all ranks. Units are of so many pairs.
  bool run(const Shape& shape, u64 pairs, const Body& body, bool asked_before = false) {
    PerRank<u64> ended(shape.ranks);
    run_shape(shape, [&](Cluster& outer) {
      StopFlag stop;
      if (asked_before) stop.set();
      Cluster cluster{outer.control, outer.transport, outer.budget, outer.watchdog,
                      stop,          outer.scratch};
      cluster.force_spill_rows = outer.force_spill_rows;
      cluster.frame_bytes = outer.frame_bytes;
      cluster.credits_per_peer = outer.credits_per_peer;
      cluster.force_round_pairs = pairs;
      const BegunWork begun(folder_.path(), "a step", [&] { stop.set(); });
      try {
        body(cluster, begun);
        ended.of(cluster).push_back(1);
      } catch (const Stopped&) {
        ended.of(cluster).push_back(0);
      }
    });
    const std::vector<u64> all = ended.all();
    EXPECT_EQ(all, std::vector<u64>(shape.ranks, all.front()));
    return all.front() == 1;
  }
  // Names of what is committed.
  [[nodiscard]] std::vector<std::filesystem::path> parts() const {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace shardmill

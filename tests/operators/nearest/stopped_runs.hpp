// Runs in which each rank is asked to stop when it has committed something.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
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
  // f(shape): one run, whether it came to its end. On one, two, three ranks in turn, until one
  // does; each rank that has something left adds a part, and nothing is compared twice but for what
  // was in a part that is damaged.
  void until_one_ends(const std::function<bool(const Shape&)>& f) {
    std::size_t committed = 0;
    u32 runs = 0;
    for (bool ended = false; !ended; ++runs) {
      ASSERT_LT(runs, 100U);
      const Shape shape{1 + runs % 3, runs % 2 == 1};
      ended = f(shape);
      if (ended) {
        EXPECT_EQ(parts().size(), committed) << "the last one compares nothing";
      } else {
        EXPECT_GT(parts().size(), committed);
        EXPECT_LE(parts().size(), committed + shape.ranks);
        committed = parts().size();
      }
      if (runs == 4) std::ofstream(parts().back()) << "no segment";
      if (runs == 6) {                                  // what two runs might have done counts once
        const std::filesystem::path part = parts()[1];  // behind the centroids
        std::filesystem::copy_file(part, part.string() + "-twice");
        ++committed;
      }
    }
    EXPECT_GT(runs, 10U);
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

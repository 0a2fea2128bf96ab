// Runs a test body on clusters of 1, 2, 3, 4, 5 and 8 ranks, at ease and with everything too small:
// on threads, and the same on processes under mpirun (tests/engine/engine_main.cpp).
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "cluster/thread_cluster.hpp"
#include "cluster/watchdog.hpp"

namespace shardmill {

struct Shape {
  u32 ranks;
  bool tiny;  // 512-byte frames, one credit, leases at their floors, spill after 50 rows, delays
};

inline void PrintTo(const Shape& shape, std::ostream* out) {
  *out << shape.ranks << " ranks" << (shape.tiny ? ", tiny" : "");
}

// The ranks as processes while `test_engine --mpi` runs, else null.
inline Cluster* processes = nullptr;

inline void make_tiny(Cluster& cluster) {
  cluster.frame_bytes = 512;
  cluster.credits_per_peer = 1;
}

inline constexpr std::chrono::seconds kShapeWaitLimit{20};
inline constexpr u64 kTinySpillRows = 50;

// What the body throws ends all processes: the others would wait for this one.
inline void run_on_processes(bool tiny, const std::function<void(Cluster&)>& body) {
  Cluster& world = *processes;
  try {
    Budget budget(ThreadOptions().memory, tiny);
    Cluster cluster{world.control,  world.transport, budget,
                    world.watchdog, world.stop,      world.scratch};
    cluster.wait_limit = kShapeWaitLimit;
    cluster.next_channel = world.next_channel;  // no frame of one test meets another
    if (tiny) {
      cluster.force_spill_rows = kTinySpillRows;
      make_tiny(cluster);
    }
    body(cluster);
    world.control.barrier();
    world.next_channel = cluster.next_channel;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rank %u: %s: %s\n", world.rank().value, world.watchdog.state().c_str(),
                 error.what());
    std::_Exit(1);
  }
}

inline void run_shape(const Shape& shape, const std::function<void(Cluster&)>& body) {
  if (processes != nullptr && processes->size() == shape.ranks) {
    return run_on_processes(shape.tiny, body);
  }
  ThreadOptions options;
  options.wait_limit = kShapeWaitLimit;
  options.watchdog_limit = 3 * kShapeWaitLimit;  // a rank that is stuck prints its stack
  options.seed = shape.ranks;
  if (shape.tiny) {
    options.force_spill = true;
    options.force_spill_rows = kTinySpillRows;
    options.longest_delay = std::chrono::microseconds(30);
  }
  run_on_threads(shape.ranks, options, [&](Cluster& cluster) {
    if (shape.tiny) make_tiny(cluster);
    body(cluster);
  });
}

class ClusterShapes : public testing::TestWithParam<Shape> {
 protected:
  void run(const std::function<void(Cluster&)>& body) { run_shape(GetParam(), body); }
  // How many small inputs to try: fewer on many ranks, and on processes, which outnumber the cores.
  [[nodiscard]] static u64 small_cases() {
    if (processes != nullptr) return 8;
    return GetParam().ranks <= 3 ? 100 : GetParam().ranks <= 5 ? 20 : 6;
  }
};

inline std::string shape_name(const testing::TestParamInfo<Shape>& info) {
  return std::to_string(info.param.ranks) + (info.param.tiny ? "_tiny" : "");
}

// Under the address sanitizer, several times slower, every other one: it looks for what is wrong in
// a way of the code, not for what depends on the number of ranks.
inline std::vector<Shape> every_shape() {
#if defined(__SANITIZE_ADDRESS__)
  return {{1, false}, {1, true}, {2, true}, {3, false}, {5, true}, {8, false}};
#else
  return {{1, false}, {1, true}, {2, false}, {2, true}, {3, false}, {3, true},
          {4, false}, {4, true}, {5, false}, {5, true}, {8, false}, {8, true}};
#endif
}

// For tests of many runs.
inline std::vector<Shape> few_shapes() {
#if defined(__SANITIZE_ADDRESS__)
  return {{1, false}, {3, true}};
#else
  return {{1, false}, {2, true}, {3, false}, {3, true}};
#endif
}

#define SHARDMILL_EVERY_SHAPE(Suite) \
  INSTANTIATE_TEST_SUITE_P(Every, Suite, testing::ValuesIn(every_shape()), shape_name)
#define SHARDMILL_FEW_SHAPES(Suite) \
  INSTANTIATE_TEST_SUITE_P(Few, Suite, testing::ValuesIn(few_shapes()), shape_name)

// What the ranks of one run hand to the test, each its own.
template <class T>
class PerRank {
 public:
  explicit PerRank(u32 ranks) : parts_(ranks) {}
  std::vector<T>& of(Cluster& cluster) { return parts_[cluster.rank().value]; }
  // In rank order. On processes the first of these two is collective, after run().
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> joined;
    for (const auto& part : parts()) joined.insert(joined.end(), part.begin(), part.end());
    return joined;
  }
  [[nodiscard]] const std::vector<std::vector<T>>& parts() const {
    const bool apart = processes != nullptr && processes->size() == parts_.size();
    if (apart && !std::exchange(gathered_, true)) gather();
    return parts_;
  }

 private:
  void gather() const {
    if constexpr (std::is_trivially_copyable_v<T>) {
      const std::vector<T>& mine = parts_[processes->rank().value];
      const std::vector<std::string> all = processes->control.all_gather(
          std::string(reinterpret_cast<const char*>(mine.data()), mine.size() * sizeof(T)));
      for (std::size_t rank = 0; rank < parts_.size(); ++rank) {
        parts_[rank].resize(all[rank].size() / sizeof(T));
        if (all[rank].empty()) continue;
        std::memcpy(static_cast<void*>(parts_[rank].data()), all[rank].data(), all[rank].size());
      }
    } else {
      throw InternalError("a test on processes may gather plain records only");
    }
  }

  mutable std::vector<std::vector<T>> parts_;
  mutable bool gathered_ = false;
};

}  // namespace shardmill

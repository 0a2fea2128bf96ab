// Runs a test body on clusters of 1, 2, 3 and 5 ranks, at ease and with everything too small.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "cluster/thread_cluster.hpp"

namespace shardmill {

struct Shape {
  u32 ranks;
  bool tiny;  // 512-byte frames, one credit, leases at their floors, spill after 50 rows, delays
};

inline void run_shape(const Shape& shape, const std::function<void(Cluster&)>& body) {
  ThreadOptions options;
  options.wait_limit = std::chrono::seconds(20);
  options.seed = shape.ranks;
  if (shape.tiny) {
    options.force_spill = true;
    options.force_spill_rows = 50;
    options.longest_delay = std::chrono::microseconds(30);
  }
  run_on_threads(shape.ranks, options, [&](Cluster& cluster) {
    if (shape.tiny) {
      cluster.frame_bytes = 512;
      cluster.credits_per_peer = 1;
    }
    body(cluster);
  });
}

class ClusterShapes : public testing::TestWithParam<Shape> {
 protected:
  void run(const std::function<void(Cluster&)>& body) { run_shape(GetParam(), body); }
};

inline std::string shape_name(const testing::TestParamInfo<Shape>& info) {
  return std::to_string(info.param.ranks) + (info.param.tiny ? "_tiny" : "");
}

#define SHARDMILL_EVERY_SHAPE(Suite)                                                     \
  INSTANTIATE_TEST_SUITE_P(                                                              \
      Every, Suite,                                                                      \
      testing::Values(Shape{1, false}, Shape{1, true}, Shape{2, false}, Shape{2, true},  \
                      Shape{3, false}, Shape{3, true}, Shape{5, false}, Shape{5, true}), \
      shape_name)

// What the ranks of one run hand to the test, each its own.
template <class T>
class PerRank {
 public:
  explicit PerRank(u32 ranks) : parts_(ranks) {}
  std::vector<T>& of(Cluster& cluster) { return parts_[cluster.rank().value]; }
  // In rank order.
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> joined;
    for (const auto& part : parts_) joined.insert(joined.end(), part.begin(), part.end());
    return joined;
  }
  [[nodiscard]] const std::vector<std::vector<T>>& parts() const { return parts_; }

 private:
  std::vector<std::vector<T>> parts_;
};

}  // namespace shardmill

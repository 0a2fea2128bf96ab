// Clusters of threads that pretend to stand on several nodes.
#pragma once

#include <functional>
#include <vector>

#include "cluster/thread_cluster.hpp"
#include "engine/exchange/route.hpp"

namespace shardmill {

struct NodeShape {
  u32 ranks;
  std::vector<u32> node_of;
  Route route;
  bool tiny;  // 512-byte frames, one credit, leases at their floors, spill after 50 rows, delays
};

inline void run_shape(const NodeShape& shape, const std::function<void(Cluster&)>& body) {
  ThreadOptions options;
  options.wait_limit = std::chrono::seconds(20);
  options.seed = shape.ranks;
  if (shape.tiny) {
    options.force_spill = true;
    options.force_spill_rows = 50;
    options.longest_delay = std::chrono::microseconds(30);
  }
  run_on_threads(shape.ranks, options, [&](Cluster& cluster) {
    cluster.route = shape.route;
    cluster.node_of = shape.node_of;
    if (shape.tiny) {
      cluster.frame_bytes = 512;
      cluster.credits_per_peer = 1;
    }
    body(cluster);
  });
}

}  // namespace shardmill

// How to wait without burning a core that a neighbour could use.
#pragma once

#include <chrono>
#include <thread>

#include "cluster/types.hpp"

namespace shardmill {

// Counts polls that found nothing: the first 64 return at once, later ones sleep for 50 us. Never
// yields: a yielding poller beside a computing rank costs that rank half its core.
class Backoff {
 public:
  static constexpr u32 kFreeMisses = 64;
  static constexpr std::chrono::microseconds kSleep{50};

  void hit() { misses_ = 0; }
  void miss() {
    if (misses_ < kFreeMisses) {
      ++misses_;
    } else {
      std::this_thread::sleep_for(kSleep);
    }
  }
  [[nodiscard]] bool is_sleeping() const { return misses_ >= kFreeMisses; }

 private:
  u32 misses_ = 0;
};

}  // namespace shardmill

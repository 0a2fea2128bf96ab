// How to wait without burning a core that a neighbour could use.
#pragma once

#include <chrono>
#include <thread>

#include "cluster/types.hpp"

namespace shardmill {

// Counts polls that found nothing: the first ones return at once, later ones sleep for 50 us. Never
// yields: a yielding poller beside a computing rank costs that rank half its core.
class Backoff {
 public:
  static constexpr u32 kFreeMisses = 64;
  // Where every rank has a core of its own: 0.2 to 0.5 ms, a few frames' time.
  static constexpr u32 kFreeMissesAlone = 2000;
  static constexpr std::chrono::microseconds kSleep{50};

  explicit Backoff(u32 free_misses = kFreeMisses) : free_misses_(free_misses) {}
  void hit() { misses_ = 0; }
  void miss() {
    if (misses_ < free_misses_) {
      ++misses_;
    } else {
      std::this_thread::sleep_for(kSleep);
    }
  }
  [[nodiscard]] bool is_sleeping() const { return misses_ >= free_misses_; }

 private:
  u32 free_misses_;
  u32 misses_ = 0;
};

}  // namespace shardmill

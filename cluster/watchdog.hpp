// Ends a run that makes no progress: prints what each rank waits for, then aborts the job.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "cluster/types.hpp"

namespace shardmill {

// How far a rank is in a piece of work whose size it knows.
struct PortionDone {
  std::string name;
  std::string unit;
  u64 done = 0;
  u64 total = 0;
  double seconds = 0;  // since it began
};

// Thread-safe. One per rank; its thread only sleeps, looks at a counter and, past the limit, writes
// one line with the rank's state and a stack to stderr and calls `on_stuck`, which must not return
// normally in a real run (it aborts the job). It watches the thread that made it, and fires once. A
// limit of zero watches nothing.
class Watchdog {
 public:
  Watchdog(Rank rank, std::chrono::seconds limit, std::function<void(const std::string&)> on_stuck);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  void progress() { ticks_.fetch_add(1, std::memory_order_relaxed); }
  // What this rank is doing, in the words of an error message: "exchange minhash.bands: waiting for
  // credit from rank 3".
  void doing(const std::string& what);
  // The same for a wait on other ranks: the one that is stuck is then another, whose own watchdog
  // speaks first; so this one has kPatience times the limit, until the next doing().
  void waiting(const std::string& what);
  static constexpr int kPatience = 12;
  [[nodiscard]] std::string state() const;
  // What a Portion says; nothing while there is none.
  [[nodiscard]] std::optional<PortionDone> portion() const;

 private:
  friend class Portion;
  struct Shared;
  std::atomic<u64> ticks_{0};
  std::unique_ptr<Shared> shared_;
  std::thread thread_;
};

// A piece of work whose size is known, for as long as it lives; for who looks from outside. One
// inside another says nothing.
class Portion {
 public:
  Portion(Watchdog& watchdog, const std::string& name, u64 total, const std::string& unit);
  ~Portion();
  Portion(const Portion&) = delete;
  Portion& operator=(const Portion&) = delete;
  // So much more is done: progress, too.
  void advance(u64 units);

 private:
  Watchdog& watchdog_;
  bool outermost_;
};

// SHARDMILL_WATCHDOG_SECONDS, else 1800 s: a large compressed file is one unit of work and may take
// many minutes without a sign of life.
// 0 switches the watchdog off. Throws ConfigError when it is not a number.
[[nodiscard]] std::chrono::seconds watchdog_limit();

}  // namespace shardmill

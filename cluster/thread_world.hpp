// What the ranks of a test process share: who is alive, and how long anybody may wait.
#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// Thrown in the ranks that did not fail themselves: another rank is gone.
struct PeerLost : TransportError {
  using TransportError::TransportError;
};

// Thrown in the rank that a test lets die.
struct InjectedDeath : TransportError {
  using TransportError::TransportError;
};

// A rank that dies when it makes its operation number `after` (0: its first). Operations are
// collectives, posts, sends and polls.
struct DyingRank {
  Rank rank;
  u64 after = 0;
};

class ThreadWorld {
 public:
  // A wait longer than `limit` throws TransportError and says what it waited for.
  ThreadWorld(u32 size, std::chrono::milliseconds limit, std::optional<DyingRank> dying);

  [[nodiscard]] u32 size() const { return size_; }
  [[nodiscard]] std::chrono::milliseconds limit() const { return limit_; }
  // Guards all that ranks share, here and in the mailboxes and collectives built on it.
  [[nodiscard]] std::unique_lock<std::mutex> lock() { return std::unique_lock(mutex_); }
  std::condition_variable& changed() { return changed_; }

  // The rest is called with the lock held.
  // Counts an operation of `rank`; throws InjectedDeath when it is its last, PeerLost when another
  // rank has died.
  void begin_operation(Rank rank);
  [[nodiscard]] bool has_dead() const { return !dead_.empty(); }
  [[nodiscard]] bool has_returned(Rank rank) const { return returned_[rank.value]; }
  [[noreturn]] void throw_peer_lost() const;

  // Called without the lock. The rank's function ended: by an exception, or normally (null).
  void leave(Rank rank, std::exception_ptr failure);
  // The first exception that was not the death of another rank; null when there was none.
  [[nodiscard]] std::exception_ptr first_failure();

 private:
  void bury(Rank rank, const std::string& cause);

  const u32 size_;
  const std::chrono::milliseconds limit_;
  const std::optional<DyingRank> dying_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<u64> operations_;
  std::vector<bool> returned_;
  std::string dead_;  // the first death, in words; empty while all live
  std::exception_ptr first_failure_;
};

}  // namespace shardmill

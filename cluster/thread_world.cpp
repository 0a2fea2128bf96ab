#include "cluster/thread_world.hpp"

namespace shardmill {

ThreadWorld::ThreadWorld(u32 size, std::chrono::milliseconds limit, std::optional<DyingRank> dying)
    : size_(size), limit_(limit), dying_(dying), operations_(size), returned_(size) {}

void ThreadWorld::begin_operation(Rank rank) {
  const u64 made = operations_[rank.value]++;
  if (dying_ && dying_->rank == rank && made >= dying_->after) {
    const std::string cause = "died at operation " + std::to_string(made) + ", as the test asked";
    // Dead from here on, not from when its stack is unwound: its buffers are about to go.
    bury(rank, cause);
    throw InjectedDeath("rank " + std::to_string(rank.value) + " " + cause);
  }
  if (has_dead()) throw_peer_lost();
}

void ThreadWorld::throw_peer_lost() const { throw PeerLost("lost a peer: " + dead_); }

void ThreadWorld::bury(Rank rank, const std::string& cause) {
  if (dead_.empty()) dead_ = "rank " + std::to_string(rank.value) + " " + cause;
  changed_.notify_all();
}

void ThreadWorld::leave(Rank rank, std::exception_ptr failure) {
  const auto guard = lock();
  returned_[rank.value] = true;
  if (!failure) {
    changed_.notify_all();
    return;
  }
  bool caused_by_other = false;
  std::string cause = "threw something that is no exception";
  try {
    std::rethrow_exception(failure);
  } catch (const PeerLost&) {
    caused_by_other = true;
  } catch (const std::exception& error) {
    cause = std::string("threw: ") + error.what();
  } catch (...) {
    // Kept as the first failure below, and rethrown as it is.
  }
  if (caused_by_other) return;
  if (!first_failure_) first_failure_ = failure;
  bury(rank, cause);
}

std::exception_ptr ThreadWorld::first_failure() {
  const auto guard = lock();
  return first_failure_;
}

}  // namespace shardmill

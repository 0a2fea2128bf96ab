// Communicator between the threads of one test process.
#pragma once

#include <memory>

#include "cluster/communicator.hpp"
#include "cluster/thread_world.hpp"

namespace shardmill {

class Watchdog;  // cluster/watchdog.hpp

// The place where all ranks meet for a collective; one per world, guarded by the world's lock.
struct ThreadMeeting {
  explicit ThreadMeeting(u32 size) : brought(size), is_here(size) {}
  u64 generation = 0;
  u32 arrived = 0;
  std::string operation;
  std::vector<std::string> brought;
  std::vector<bool> is_here;
  std::shared_ptr<const std::vector<std::string>> result;
};

// Same contract as MpiCommunicator. Ranks that call different collectives, or pass a different
// number of elements, get InternalError; a lost peer is PeerLost; a wait past the world's limit is
// TransportError with the ranks that did not come.
class ThreadCommunicator final : public Communicator {
 public:
  ThreadCommunicator(ThreadWorld& world, ThreadMeeting& meeting, Rank rank, Watchdog* watchdog)
      : world_(world), meeting_(meeting), rank_(rank), watchdog_(watchdog) {}

  [[nodiscard]] Rank rank() const override { return rank_; }
  [[nodiscard]] u32 size() const override { return world_.size(); }
  void barrier() override;
  std::vector<std::string> all_gather(const std::string& mine) override;
  std::string broadcast(const std::string& from_root) override;
  std::vector<u64> all_sum(const std::vector<u64>& mine) override;
  std::vector<u64> all_max(const std::vector<u64>& mine) override;
  using Communicator::all_max;
  using Communicator::all_sum;

 private:
  // What every rank brought, in rank order.
  std::shared_ptr<const std::vector<std::string>> meet(const std::string& operation,
                                                       std::string mine);
  void wait_for_others(std::unique_lock<std::mutex>& lock, const std::string& operation);

  ThreadWorld& world_;
  ThreadMeeting& meeting_;
  Rank rank_;
  Watchdog* watchdog_;
};

}  // namespace shardmill

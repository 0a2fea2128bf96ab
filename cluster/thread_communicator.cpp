#include "cluster/thread_communicator.hpp"

#include <algorithm>
#include <cstring>

#include "cluster/watchdog.hpp"

namespace shardmill {
namespace {

std::string bytes_of(const std::vector<u64>& numbers) {
  return std::string(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(u64));
}

// Combines element by element.
template <class Combine>
std::vector<u64> reduced(const std::vector<std::string>& all, std::size_t count, Combine combine) {
  std::vector<u64> result(count);
  for (const std::string& bytes : all) {
    if (bytes.size() != count * sizeof(u64)) {
      throw InternalError("a reduction of " + std::to_string(count) + " elements here and " +
                          std::to_string(bytes.size() / sizeof(u64)) + " on another rank");
    }
    for (std::size_t i = 0; i < count; ++i) {
      u64 value = 0;
      std::memcpy(&value, bytes.data() + i * sizeof(u64), sizeof(u64));
      result[i] = combine(result[i], value);
    }
  }
  return result;
}

}  // namespace

std::shared_ptr<const std::vector<std::string>> ThreadCommunicator::meet(
    const std::string& operation, std::string mine) {
  auto lock = world_.lock();
  world_.begin_operation(rank_);
  if (meeting_.arrived == 0) meeting_.operation = operation;
  if (meeting_.operation != operation) {
    throw InternalError("rank " + std::to_string(rank_.value) + " calls " + operation +
                        " while another rank is in " + meeting_.operation);
  }
  meeting_.brought[rank_.value] = std::move(mine);
  meeting_.is_here[rank_.value] = true;
  if (++meeting_.arrived < size()) {
    wait_for_others(lock, operation);
  } else {
    meeting_.result = std::make_shared<std::vector<std::string>>(std::move(meeting_.brought));
    meeting_.brought.assign(size(), {});
    meeting_.is_here.assign(size(), false);
    meeting_.arrived = 0;
    ++meeting_.generation;
    world_.changed().notify_all();
  }
  if (watchdog_ != nullptr) watchdog_->progress();
  return meeting_.result;  // the next meeting cannot end without this rank
}

void ThreadCommunicator::wait_for_others(std::unique_lock<std::mutex>& lock,
                                         const std::string& operation) {
  const u64 generation = meeting_.generation;
  const auto until = std::chrono::steady_clock::now() + world_.limit();
  const std::string before = watchdog_ != nullptr ? watchdog_->state() : "";
  if (watchdog_ != nullptr) {
    watchdog_->waiting(before + " (waiting for the other ranks in " + operation + ")");
  }
  while (meeting_.generation == generation) {
    if (world_.has_dead()) world_.throw_peer_lost();
    std::string missing;
    for (u32 i = 0; i < size(); ++i) {
      if (meeting_.is_here[i]) continue;
      if (world_.has_returned({i})) {
        throw TransportError("rank " + std::to_string(rank_.value) + " waits in " + operation +
                             " for rank " + std::to_string(i) + ", which has returned");
      }
      missing += (missing.empty() ? "" : ", ") + std::to_string(i);
    }
    if (world_.changed().wait_until(lock, until) == std::cv_status::timeout &&
        meeting_.generation == generation) {
      throw TransportError("rank " + std::to_string(rank_.value) + " waited " +
                           std::to_string(world_.limit().count()) + " ms in " + operation +
                           " for rank " + missing);
    }
  }
  if (watchdog_ != nullptr) watchdog_->doing(before);
}

void ThreadCommunicator::barrier() { meet("barrier", ""); }

std::vector<std::string> ThreadCommunicator::all_gather(const std::string& mine) {
  return *meet("all_gather", mine);
}

std::string ThreadCommunicator::broadcast(const std::string& from_root) {
  return meet("broadcast", is_root() ? from_root : "")->front();
}

std::vector<u64> ThreadCommunicator::all_sum(const std::vector<u64>& mine) {
  return reduced(*meet("all_sum", bytes_of(mine)), mine.size(), [](u64 a, u64 b) { return a + b; });
}

std::vector<u64> ThreadCommunicator::all_max(const std::vector<u64>& mine) {
  return reduced(*meet("all_max", bytes_of(mine)), mine.size(),
                 [](u64 a, u64 b) { return std::max(a, b); });
}

}  // namespace shardmill

#include "cluster/thread_transport.hpp"

#include <algorithm>
#include <cstring>

namespace shardmill {

Transport::Ticket ThreadMailboxes::post(Rank from, Rank to, u32 channel,
                                        std::span<std::byte> into) {
  boxes_[{from.value, to.value, channel}].receives.push_back({next_ticket_, into});
  return next_ticket_++;
}

Transport::Ticket ThreadMailboxes::send(Rank from, Rank to, u32 channel,
                                        std::span<const std::byte> frame, Clock::time_point due) {
  boxes_[{from.value, to.value, channel}].frames.push_back({next_ticket_, frame, due});
  return next_ticket_++;
}

void ThreadMailboxes::deliver(Clock::time_point now) {
  for (auto entry = boxes_.begin(); entry != boxes_.end();) {
    const auto [from, to, channel] = entry->first;
    auto& [receives, frames] = entry->second;
    while (!receives.empty() && !frames.empty() && frames.front().due <= now) {
      const Receive receive = receives.front();
      const Frame frame = frames.front();
      if (frame.bytes.size() > receive.into.size()) {
        throw TransportError("a frame of " + std::to_string(frame.bytes.size()) +
                             " bytes from rank " + std::to_string(from) + " to rank " +
                             std::to_string(to) + " on channel " + std::to_string(channel) +
                             " is larger than the " + std::to_string(receive.into.size()) +
                             " bytes that were posted for it");
      }
      std::copy(frame.bytes.begin(), frame.bytes.end(), receive.into.begin());
      finished_[from].push_back({frame.ticket, frame.bytes.size()});
      finished_[to].push_back({receive.ticket, frame.bytes.size()});
      receives.pop_front();
      frames.pop_front();
    }
    entry = receives.empty() && frames.empty() ? boxes_.erase(entry) : std::next(entry);
  }
}

void ThreadMailboxes::collect(Rank rank, std::vector<Transport::Done>& done) {
  deliver(Clock::now());
  auto& finished = finished_[rank.value];
  done.insert(done.end(), finished.begin(), finished.end());
  finished.clear();
}

bool ThreadMailboxes::withdraw(Ticket receive) {
  for (auto& [address, box] : boxes_) {
    if (std::erase_if(box.receives, [&](const Receive& r) { return r.ticket == receive; }) > 0) {
      return true;
    }
  }
  return false;
}

void ThreadMailboxes::withdraw_all(Rank rank) {
  for (auto& [address, box] : boxes_) {
    if (std::get<0>(address) == rank.value) box.frames.clear();
    if (std::get<1>(address) == rank.value) box.receives.clear();
  }
}

std::string ThreadMailboxes::open_operations(Rank rank) const {
  std::string text;
  const auto add = [&](std::size_t count, const char* what, u32 peer, u32 channel) {
    if (count == 0) return;
    text += (text.empty() ? "" : ", ") + std::to_string(count) + what + std::to_string(peer) +
            " on channel " + std::to_string(channel);
  };
  for (const auto& [address, box] : boxes_) {
    const auto [from, to, channel] = address;
    if (from == rank.value) add(box.frames.size(), " sends to rank ", to, channel);
    if (to == rank.value) add(box.receives.size(), " receives from rank ", from, channel);
  }
  return text;
}

ThreadTransport::ThreadTransport(ThreadWorld& world, ThreadMailboxes& mailboxes, Rank rank,
                                 std::chrono::microseconds longest_delay, u64 seed)
    : world_(world),
      mailboxes_(mailboxes),
      rank_(rank),
      longest_delay_(longest_delay),
      random_(seed * 1000003 + rank.value) {}

ThreadTransport::~ThreadTransport() {
  const auto guard = world_.lock();
  mailboxes_.withdraw_all(rank_);
}

Transport::Ticket ThreadTransport::post_receive(Rank from, u32 channel, std::span<std::byte> into) {
  const auto guard = world_.lock();
  world_.begin_operation(rank_);
  return mailboxes_.post(from, rank_, channel, into);
}

Transport::Ticket ThreadTransport::send(Rank to, u32 channel, std::span<const std::byte> frame) {
  const auto guard = world_.lock();
  world_.begin_operation(rank_);
  auto due = ThreadMailboxes::Clock::now();
  if (longest_delay_.count() > 0) {
    const auto longest = narrow<u64>(longest_delay_.count());
    due += std::chrono::microseconds(random_() % (longest + 1));
  }
  return mailboxes_.send(rank_, to, channel, frame, due);
}

void ThreadTransport::poll(std::vector<Done>& done) {
  const auto guard = world_.lock();
  world_.begin_operation(rank_);
  const std::size_t before = done.size();
  mailboxes_.collect(rank_, done);
  // Only time between polls that follow each other counts: local work is no wait.
  const auto now = ThreadMailboxes::Clock::now();
  idle_ += std::min<ThreadMailboxes::Clock::duration>(now - last_poll_, world_.limit() / 10);
  last_poll_ = now;
  if (done.size() > before) idle_ = {};
  if (idle_ < world_.limit()) return;
  const std::string open = mailboxes_.open_operations(rank_);
  idle_ = {};
  if (open.empty()) return;
  throw TransportError("rank " + std::to_string(rank_.value) + " polled for " +
                       std::to_string(world_.limit().count()) +
                       " ms without success; open: " + open);
}

void ThreadTransport::cancel(Ticket receive) {
  const auto guard = world_.lock();
  if (!mailboxes_.withdraw(receive)) {
    throw TransportError("cancel: ticket " + std::to_string(receive) +
                         " is no open receive, or a frame has arrived for it");
  }
}

}  // namespace shardmill

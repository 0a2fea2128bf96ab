// Transport between the threads of one test process, with delays.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <random>
#include <tuple>
#include <vector>

#include "cluster/thread_world.hpp"
#include "cluster/transport.hpp"

namespace shardmill {

// All frames under way and all posted receives; one per world, guarded by the world's lock.
//
// A frame is copied once, from the sender's buffer into the posted one, and only then is the send
// finished: nothing is buffered in between, so a missing credit shows as a hang and not by luck.
class ThreadMailboxes {
 public:
  using Clock = std::chrono::steady_clock;
  using Ticket = Transport::Ticket;

  explicit ThreadMailboxes(u32 size) : finished_(size) {}

  // All are called with the world's lock held.
  Ticket post(Rank from, Rank to, u32 channel, std::span<std::byte> into);
  Ticket send(Rank from, Rank to, u32 channel, std::span<const std::byte> frame,
              Clock::time_point due);
  // Delivers what is due, then moves what is finished for `rank` to the end of `done`. Throws
  // TransportError when a frame is larger than the receive it meets.
  void collect(Rank rank, std::vector<Transport::Done>& done);
  // False when there is no such receive, or it is finished already.
  bool withdraw(Ticket receive);
  // Forgets everything that points into buffers of `rank`.
  void withdraw_all(Rank rank);
  // What `rank` waits for, in words; empty when nothing is open.
  [[nodiscard]] std::string open_operations(Rank rank) const;

 private:
  struct Receive {
    Ticket ticket;
    std::span<std::byte> into;
  };
  struct Frame {
    Ticket ticket;
    std::span<const std::byte> bytes;
    Clock::time_point due;
  };
  struct Box {
    std::deque<Receive> receives;
    std::deque<Frame> frames;
  };
  using Address = std::tuple<u32, u32, u32>;  // from, to, channel

  void deliver(Clock::time_point now);

  Ticket next_ticket_ = 1;
  std::map<Address, Box> boxes_;
  std::vector<std::vector<Transport::Done>> finished_;
};

class ThreadTransport final : public Transport {
 public:
  // Frames take up to `longest_delay`, drawn from `seed` and the rank: frames of different peers or
  // channels overtake each other, those of one peer and channel never.
  ThreadTransport(ThreadWorld& world, ThreadMailboxes& mailboxes, Rank rank,
                  std::chrono::microseconds longest_delay, u64 seed);
  ~ThreadTransport() override;

  Ticket post_receive(Rank from, u32 channel, std::span<std::byte> into) override;
  Ticket send(Rank to, u32 channel, std::span<const std::byte> frame) override;
  // Throws TransportError when polls have found nothing for as long as the world's limit while
  // something was open, and says what.
  void poll(std::vector<Done>& done) override;
  void cancel(Ticket receive) override;

 private:
  ThreadWorld& world_;
  ThreadMailboxes& mailboxes_;
  Rank rank_;
  std::chrono::microseconds longest_delay_;
  std::mt19937_64 random_;
  ThreadMailboxes::Clock::time_point last_poll_{};
  ThreadMailboxes::Clock::duration idle_{0};
};

}  // namespace shardmill

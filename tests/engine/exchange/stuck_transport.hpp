// A rank that stops looking at the network, for ever: until the test has seen the others end.
#pragma once

#include <atomic>
#include <thread>

#include "cluster/thread_world.hpp"
#include "cluster/transport.hpp"

namespace shardmill {

class StuckTransport final : public Transport {
 public:
  // Stuck at poll number `at`, from 0. `others`: how many other ranks still run.
  StuckTransport(Transport& real, u64 at, const std::atomic<u32>& others)
      : real_(real), at_(at), others_(others) {}

  Ticket post_receive(Rank from, u32 channel, std::span<std::byte> into) override {
    return real_.post_receive(from, channel, into);
  }
  Ticket send(Rank to, u32 channel, std::span<const std::byte> frame) override {
    return real_.send(to, channel, frame);
  }
  void poll(std::vector<Done>& done) override {
    if (polls_++ < at_) return real_.poll(done);
    while (others_.load() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    throw InjectedDeath("the stuck rank goes on when all others have ended");
  }
  void cancel(Ticket receive) override { real_.cancel(receive); }
  void keep(std::unique_ptr<std::byte[]> buffer) override { real_.keep(std::move(buffer)); }

 private:
  Transport& real_;
  u64 at_;
  const std::atomic<u32>& others_;
  u64 polls_ = 0;
};

}  // namespace shardmill

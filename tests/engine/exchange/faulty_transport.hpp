// A transport that damages one data frame of those it sends.
#pragma once

#include <memory>
#include <vector>

#include "cluster/transport.hpp"
#include "engine/exchange/frame.hpp"

namespace shardmill {

struct Fault {
  enum class Kind { none, flip_bit, tear, lose, forge_totals };
  Kind kind = Kind::none;
  u64 at = 0;  // the data frame's number, from 0
};

class FaultyTransport final : public Transport {
 public:
  FaultyTransport(Transport& real, Fault fault) : real_(real), fault_(fault) {}

  Ticket post_receive(Rank from, u32 channel, std::span<std::byte> into) override {
    return real_.post_receive(from, channel, into);
  }
  Ticket send(Rank to, u32 channel, std::span<const std::byte> frame) override {
    const bool data = channel % 2 == 0;
    if (!data || fault_.kind == Fault::Kind::none || sent_++ != fault_.at) {
      return real_.send(to, channel, frame);
    }
    if (fault_.kind == Fault::Kind::lose) {
      lost_.push_back({kLostTicket, frame.size()});
      return kLostTicket;
    }
    // The real transport reads the copy until the frame has left: longer than this object lives.
    auto copy = std::make_unique<std::byte[]>(frame.size());
    std::copy(frame.begin(), frame.end(), copy.get());
    std::span<std::byte> damaged{copy.get(), frame.size()};
    if (fault_.kind == Fault::Kind::flip_bit) damaged.back() ^= std::byte{4};
    if (fault_.kind == Fault::Kind::tear) damaged = damaged.first(damaged.size() / 2);
    if (fault_.kind == Fault::Kind::forge_totals) {
      FrameHeader header;
      FrameTotals totals;
      std::memcpy(&header, damaged.data(), sizeof header);
      std::memcpy(&totals, damaged.data() + sizeof header, sizeof totals);
      ++totals.rows;
      std::memcpy(damaged.data() + sizeof header, &totals, sizeof totals);
      seal_frame(header, damaged);
    }
    real_.keep(std::move(copy));
    return real_.send(to, channel, damaged);
  }
  void poll(std::vector<Done>& done) override {
    real_.poll(done);
    done.insert(done.end(), lost_.begin(), lost_.end());
    lost_.clear();
  }
  void cancel(Ticket receive) override { real_.cancel(receive); }

 private:
  static constexpr Ticket kLostTicket = ~Ticket{0};
  Transport& real_;
  Fault fault_;
  u64 sent_ = 0;
  std::vector<Done> lost_;
};

}  // namespace shardmill

// A transport that damages one data frame of those it sends.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "cluster/transport.hpp"
#include "engine/exchange/frame.hpp"
#include "engine/exchange/packet.hpp"

namespace shardmill {

struct Fault {
  enum class Kind {
    none,
    flip_bit,
    tear,
    lose,
    repeat,
    lose_packet,   // the frame's first, as a faulty forwarder would: the frame itself is right
    forge_totals,  // of the frame's last packet
  };
  Kind kind = Kind::none;
  // The number, from 0, among the data frames to `to` (to all when it is not set); of lose_packet,
  // or the next that begins with rows.
  u64 at = 0;
  std::optional<Rank> to = {};
};

class FaultyTransport final : public Transport {
 public:
  FaultyTransport(Transport& real, Fault fault) : real_(real), fault_(fault) {}

  Ticket post_receive(Rank from, u32 channel, std::span<std::byte> into) override {
    return real_.post_receive(from, channel, into);
  }
  Ticket send(Rank to, u32 channel, std::span<const std::byte> frame) override {
    const bool data = channel % 2 == 0;
    if (!data || fault_.kind == Fault::Kind::none || !is_due(to, frame)) {
      return real_.send(to, channel, frame);
    }
    if (fault_.kind == Fault::Kind::lose) {
      done_.push_back({kLostTicket, frame.size()});
      return kLostTicket;
    }
    // The real transport reads the copy until the frame has left: longer than this object lives.
    auto copy = std::make_unique<std::byte[]>(frame.size());
    std::copy(frame.begin(), frame.end(), copy.get());
    const std::span<std::byte> damaged = damage({copy.get(), frame.size()});
    real_.keep(std::move(copy));
    const Ticket ticket = real_.send(to, channel, damaged);
    if (fault_.kind == Fault::Kind::repeat) repeated_ = real_.send(to, channel, damaged);
    return ticket;
  }
  void poll(std::vector<Done>& done) override {
    real_.poll(done);
    std::erase_if(done, [&](const Done& one) { return one.ticket == repeated_; });
    done.insert(done.end(), done_.begin(), done_.end());
    done_.clear();
  }
  void cancel(Ticket receive) override { real_.cancel(receive); }
  void keep(std::unique_ptr<std::byte[]> buffer) override { real_.keep(std::move(buffer)); }

 private:
  static constexpr Ticket kLostTicket = ~Ticket{0};

  std::span<std::byte> damage(std::span<std::byte> frame) const {
    if (fault_.kind == Fault::Kind::flip_bit) frame.back() ^= std::byte{4};
    if (fault_.kind == Fault::Kind::tear) return frame.first(frame.size() / 2);
    FrameHeader header;
    std::memcpy(&header, frame.data(), sizeof header);
    std::span<std::byte> packets = frame.subspan(sizeof header);
    if (fault_.kind == Fault::Kind::lose_packet) {
      const std::size_t first = open_packet(packets, {0}, "").bytes();
      std::memmove(packets.data(), packets.data() + first, packets.size() - first);
      header.bytes = narrow<u32>(packets.size() - first);
      seal_frame(header, frame);
      return frame.first(frame.size() - first);
    }
    if (fault_.kind == Fault::Kind::forge_totals) {
      PacketHeader packet;
      const auto at = packets.last(sizeof packet + sizeof(Totals));
      Totals totals;
      std::memcpy(&packet, at.data(), sizeof packet);
      std::memcpy(&totals, at.data() + sizeof packet, sizeof totals);
      ++totals.rows;
      std::memcpy(at.data() + sizeof packet, &totals, sizeof totals);
      seal_packet(packet, at);
    }
    return frame;
  }

  bool is_due(Rank to, std::span<const std::byte> frame) {
    if (to != fault_.to.value_or(to) || sent_++ < fault_.at || is_done_) return false;
    if (fault_.kind == Fault::Kind::lose_packet) {
      PacketHeader first{.flags = kPacketTotals};
      const auto packets = frame.subspan(sizeof(FrameHeader));
      if (packets.size() >= sizeof first) std::memcpy(&first, packets.data(), sizeof first);
      if ((first.flags & kPacketTotals) != 0) return false;
    }
    return is_done_ = true;
  }

  Transport& real_;
  Fault fault_;
  u64 sent_ = 0;
  bool is_done_ = false;
  Ticket repeated_ = 0;
  std::vector<Done> done_;
};

}  // namespace shardmill

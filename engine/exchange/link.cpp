#include "engine/exchange/link.hpp"

#include <algorithm>
#include <utility>

namespace shardmill {

Link::Link(Wire& wire, Rank peer) : wire_(wire), peer_(peer) {
  using Kind = Wire::Pending::Kind;
  // One more than data frames can be under way, for the neighbour's hello.
  for (u32 i = 0; i <= wire_.credits; ++i) {
    post(Kind::credit_in, std::make_unique_for_overwrite<std::byte[]>(sizeof(FrameHeader)));
  }
  for (u32 i = 0; i < wire_.credits; ++i) {
    post(Kind::data_in, std::make_unique_for_overwrite<std::byte[]>(wire_.frame_bytes));
  }
}

void Link::greet(std::size_t frame_bytes) {
  send_credits(kFrameHello, wire_.credits, narrow<u32>(frame_bytes));
}

// ---- sending ----

bool Link::get_buffer() {
  if (filling_ != nullptr) return true;
  if (!greeted_) return false;
  if (free_.empty() && buffers_ <= wire_.credits) {
    free_.push_back(std::make_unique_for_overwrite<std::byte[]>(frame_bytes_));
    ++buffers_;
  }
  if (free_.empty()) return false;
  filling_ = std::move(free_.back());
  free_.pop_back();
  filled_ = sizeof(FrameHeader);
  return true;
}

std::span<std::byte> Link::try_room(std::size_t bytes) {
  if (filling_ != nullptr && frame_bytes_ - filled_ < bytes && !try_flush()) return {};
  if (!get_buffer()) return {};
  if (frame_bytes_ - filled_ < bytes) {
    throw InternalError("a packet of " + std::to_string(bytes) + " bytes for frames of " +
                        std::to_string(frame_bytes_));
  }
  return {filling_at(), frame_bytes_ - filled_};
}

bool Link::try_flush() {
  if (filling_ == nullptr || filled_ == sizeof(FrameHeader)) return true;
  if (credits_ == 0) return false;
  send(0);
  return true;
}

bool Link::try_finish() {
  if (finished_out_) return true;
  if (!get_buffer() || credits_ == 0) return false;
  send(kFrameFinish);
  finished_out_ = true;
  return true;
}

std::string Link::wanting() const {
  const std::string rank = "rank " + std::to_string(peer_.value);
  if (!greeted_) return rank + " to open it";
  if (credits_ == 0) return "credit from " + rank;
  return "a frame to leave for " + rank;
}

void Link::send(std::uint16_t flags) {
  --credits_;
  ++unreturned_;
  FrameHeader header;
  header.channel = wire_.channel;
  header.source = wire_.self.value;
  header.sequence = next_data_out_++;
  header.bytes = narrow<u32>(filled_ - sizeof header);
  header.flags = flags;
  header.credits = narrow<std::uint16_t>(std::exchange(owed_, 0));
  const std::span frame{filling_.get(), filled_};
  seal_frame(header, frame);
  const Transport::Ticket ticket = wire_.transport.send(peer_, wire_.channel, frame);
  wire_.pending.emplace(ticket,
                        Wire::Pending{Wire::Pending::Kind::data_out, this, std::move(filling_)});
  ++under_way_;
  ++frames_sent;
  bytes_sent += frame.size();
}

void Link::send_credits(std::uint16_t flags, u32 credits, u32 bytes) {
  FrameHeader header;
  header.channel = wire_.channel + 1;
  header.source = wire_.self.value;
  header.sequence = next_credit_out_++;
  header.bytes = bytes;
  header.flags = flags;
  header.credits = narrow<std::uint16_t>(credits);
  auto buffer = std::make_unique_for_overwrite<std::byte[]>(sizeof header);
  const std::span<std::byte> frame{buffer.get(), sizeof header};
  seal_frame(header, frame);
  const Transport::Ticket ticket = wire_.transport.send(peer_, wire_.channel + 1, frame);
  wire_.pending.emplace(ticket,
                        Wire::Pending{Wire::Pending::Kind::credit_out, this, std::move(buffer)});
  ++under_way_;
  ++credit_frames_sent;
}

void Link::settle() {
  if (owed_ > 0) send_credits(0, std::exchange(owed_, 0), 0);
  listed_ = !arrived_.empty();
  if (listed_) wire_.unsettled.push_back(this);
}

// ---- receiving ----

void Link::post(Wire::Pending::Kind kind, std::unique_ptr<std::byte[]> buffer) {
  const bool data = kind == Wire::Pending::Kind::data_in;
  const Transport::Ticket ticket =
      wire_.transport.post_receive(peer_, wire_.channel + (data ? 0 : 1),
                                   {buffer.get(), data ? wire_.frame_bytes : sizeof(FrameHeader)});
  wire_.pending.emplace(ticket, Wire::Pending{kind, this, std::move(buffer)});
}

void Link::take(Wire::Pending pending, std::size_t bytes) {
  switch (pending.kind) {
    case Wire::Pending::Kind::data_in:
      on_data(std::move(pending.buffer), bytes);
      break;
    case Wire::Pending::Kind::credit_in:
      on_credits({pending.buffer.get(), bytes});
      post(Wire::Pending::Kind::credit_in, std::move(pending.buffer));
      break;
    case Wire::Pending::Kind::data_out:
      --under_way_;
      free_.push_back(std::move(pending.buffer));
      break;
    case Wire::Pending::Kind::credit_out:
      --under_way_;
      break;
  }
}

void Link::on_data(std::unique_ptr<std::byte[]> buffer, std::size_t bytes) {
  const std::span<const std::byte> frame{buffer.get(), bytes};
  const FrameHeader header = open_frame(frame, wire_.channel, peer_, next_data_in_++, wire_.where);
  credits_ += header.credits;
  unreturned_ -= std::min<u32>(unreturned_, header.credits);
  if ((header.flags & kFrameFinish) != 0) finished_in_ = true;
  arrived_.push_back({std::move(buffer), frame.subspan(sizeof header)});
  if (!std::exchange(listed_, true)) wire_.unsettled.push_back(this);
}

void Link::on_credits(std::span<const std::byte> frame) {
  const FrameHeader header =
      open_frame(frame, wire_.channel + 1, peer_, next_credit_in_++, wire_.where);
  if ((header.flags & kFrameHello) != 0) {
    greeted_ = true;
    frame_bytes_ = std::min<std::size_t>(wire_.frame_bytes, header.bytes);
  } else {
    unreturned_ -= std::min<u32>(unreturned_, header.credits);
  }
  credits_ += header.credits;
}

void Link::pop_front() {
  post(Wire::Pending::Kind::data_in, std::move(arrived_.front().buffer));
  arrived_.pop_front();
  ++owed_;
}

bool Link::is_quiet() const {
  return is_drained() && finished_out_ && unreturned_ == 0 && owed_ == 0 && under_way_ == 0;
}

}  // namespace shardmill

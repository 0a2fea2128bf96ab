// What this rank and one neighbour send each other in one exchange: frames, each under a credit.
//
//   try_room ─▶ frame being filled ─▶ (credit?) ─▶ transport ─▶ arrived ─▶ consumed
//                                         ▲                                    │
//                                         └── credit ◀── receive posted again ─┘
//
// A credit is a receive already posted: nobody sends without one, so a link takes twice its credits
// and one frames, no more. Nothing here waits; what cannot be done now says so.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "cluster/transport.hpp"
#include "engine/exchange/frame.hpp"

namespace shardmill {

class Link;

// What the links of one exchange share.
struct Wire {
  // A buffer that is the transport's until its ticket comes back.
  struct Pending {
    enum class Kind { data_in, data_out, credit_in, credit_out };
    Kind kind;
    Link* link;
    std::unique_ptr<std::byte[]> buffer;
  };
  Transport& transport;
  std::string where;  // begins every error: the exchange and this rank
  Rank self;
  u32 channel;              // of data; credits come on channel + 1
  std::size_t frame_bytes;  // of this rank's receives
  u32 credits;              // receives posted per link
  std::unordered_map<Transport::Ticket, Pending> pending = {};
  std::vector<Link*> unsettled = {};  // with frames that have arrived or credits that are owed
};

class Link {
 public:
  // Posts the receives; sends nothing yet.
  Link(Wire& wire, Rank peer);
  Link(const Link&) = delete;  // pending buffers point back here
  Link& operator=(const Link&) = delete;

  // Tells the neighbour that receives are posted and that frames up to `frame_bytes` may come.
  void greet(std::size_t frame_bytes);
  [[nodiscard]] bool is_greeted() const { return greeted_; }  // the neighbour has told us
  [[nodiscard]] Rank peer() const { return peer_; }

  // ---- sending ----
  // Largest frame and packet that may be sent here, headers included; known once greeted.
  [[nodiscard]] std::size_t frame_bytes() const { return frame_bytes_; }
  [[nodiscard]] std::size_t largest_packet() const { return frame_bytes_ - sizeof(FrameHeader); }
  [[nodiscard]] bool has_room(std::size_t bytes) const {
    return filling_ != nullptr && frame_bytes_ - filled_ >= bytes;
  }
  // What is free in the frame being filled when that is at least `bytes` (at most largest_packet);
  // a fuller frame is sent first. Empty when that takes a credit or a buffer that is not here.
  [[nodiscard]] std::span<std::byte> try_room(std::size_t bytes);
  // The first so many bytes of the room now hold whole packets.
  void commit(std::size_t bytes) { filled_ += bytes; }
  // Where the frame being filled goes on.
  [[nodiscard]] std::byte* filling_at() { return filling_.get() + filled_; }
  // Sends the frame being filled; false when there is no credit for it.
  bool try_flush();
  // The same for the last frame, be it empty: false also when there is no buffer for it.
  bool try_finish();
  // What the last false or empty answer was for want of.
  [[nodiscard]] std::string wanting() const;

  // ---- receiving ----
  struct Arrived {
    std::unique_ptr<std::byte[]> buffer;
    std::span<const std::byte> rest;  // packets not consumed yet
  };
  // A ticket of this link is back.
  void take(Wire::Pending pending, std::size_t bytes);
  // The oldest frame not consumed; null when there is none.
  [[nodiscard]] Arrived* front() { return arrived_.empty() ? nullptr : &arrived_.front(); }
  // Consumed: its receive is posted again and a credit owed.
  void pop_front();
  // Sends the credits owed. Lists the link in Wire::unsettled again when frames are left.
  void settle();
  // Nothing comes any more, and all that came is consumed.
  [[nodiscard]] bool is_drained() const { return finished_in_ && arrived_.empty(); }
  // Nothing is under way in either direction, and nothing will be.
  [[nodiscard]] bool is_quiet() const;
  // Of all frames allocated so far, for receives and for sends.
  [[nodiscard]] u64 buffer_bytes() const {
    return u64{wire_.credits} * wire_.frame_bytes + u64{buffers_} * frame_bytes_;
  }

  u64 frames_sent = 0;
  u64 bytes_sent = 0;  // of these frames
  u64 credit_frames_sent = 0;
  u64 waits = 0;  // for credit, a buffer or the first greeting; counted by who waits
  double seconds_waiting = 0;

 private:
  bool get_buffer();
  void send(std::uint16_t flags);
  void send_credits(std::uint16_t flags, u32 credits, u32 bytes);
  void post(Wire::Pending::Kind kind, std::unique_ptr<std::byte[]> buffer);
  void on_data(std::unique_ptr<std::byte[]> buffer, std::size_t bytes);
  void on_credits(std::span<const std::byte> frame);

  Wire& wire_;
  Rank peer_;
  // Outgoing.
  bool greeted_ = false;
  bool finished_out_ = false;
  std::size_t frame_bytes_ = 0;
  u32 credits_ = 0;     // receives posted there that we may use
  u32 unreturned_ = 0;  // frames sent whose credit is not back
  u32 buffers_ = 0;     // outgoing buffers made so far; at most credits + 1
  u32 under_way_ = 0;   // sends, of data and of credits
  std::vector<std::unique_ptr<std::byte[]>> free_;
  std::unique_ptr<std::byte[]> filling_;
  std::size_t filled_ = 0;  // bytes of it, its header included
  u32 next_data_out_ = 0;
  u32 next_credit_out_ = 0;
  // Incoming.
  std::deque<Arrived> arrived_;
  u32 next_data_in_ = 0;
  u32 next_credit_in_ = 0;
  u32 owed_ = 0;  // receives posted again that the neighbour does not know of
  bool finished_in_ = false;
  bool listed_ = false;  // in Wire::unsettled
};

}  // namespace shardmill

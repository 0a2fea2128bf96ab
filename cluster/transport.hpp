// Frames between ranks: post a receive, send a frame, poll. The exchange is its only user.
//
// A frame is at most kFrameBytes. Nothing here buffers: a frame arrives only in a buffer that the
// receiver has posted, so who posts decides how much memory the network may use.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

inline constexpr std::size_t kFrameBytes = 256 * 1024;  // stays in L2; 3-4 x faster than 16 MiB

class Transport {
 public:
  // Names a posted receive or a send under way until poll() returns it.
  using Ticket = u64;
  struct Done {
    Ticket ticket;
    std::size_t bytes;  // of a receive: how many arrived; of a send: how many left
  };

  virtual ~Transport() = default;
  // The buffer stays the transport's until poll() returns the ticket. Frames of one peer and
  // channel arrive in the order sent, in the order posted.
  virtual Ticket post_receive(Rank from, u32 channel, std::span<std::byte> into) = 0;
  virtual Ticket send(Rank to, u32 channel, std::span<const std::byte> frame) = 0;
  // What is finished by now, without waiting; throws TransportError when a peer is gone.
  virtual void poll(std::vector<Done>& done) = 0;
  // Takes back a receive that nothing will arrive for.
  virtual void cancel(Ticket receive) = 0;

  // Of a run that failed: a frame may still be read from or written to this buffer, so it lives as
  // long as the transport (a transport that hands on to another has it kept there).
  virtual void keep(std::unique_ptr<std::byte[]> buffer) { kept_.push_back(std::move(buffer)); }

 private:
  std::vector<std::unique_ptr<std::byte[]>> kept_;
};

// Somebody with tickets under way. Whoever polls hands every finished ticket to its owner, so that
// several exchanges can be open at once and none waits for another.
class FrameOwner {
 public:
  // Takes the ticket if it is one of its own; must neither poll nor wait.
  virtual bool take(const Transport::Done& done) = 0;
  // After a poll: send what the frames just taken call for (credits). Must neither poll nor wait.
  virtual void settle() = 0;

 protected:
  ~FrameOwner() = default;
};

}  // namespace shardmill

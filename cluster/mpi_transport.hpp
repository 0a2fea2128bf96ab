// Transport over MPI: the only user of point-to-point calls.
#pragma once

#include <memory>

#include "cluster/mpi_check.hpp"
#include "cluster/transport.hpp"

namespace shardmill {

// A channel is an MPI tag on a communicator of its own, so frames never meet control messages.
// Used by the thread that initialised MPI only. Making and destroying one is collective.
//
// MPI fixes in which order frames are matched, not in which order they finish: a short frame
// overtakes a long one before it. Receives of one peer and channel are therefore held back until
// those posted before them are finished.
//
// A receive must have room for the largest frame of its channel. MPI reports one that is too large,
// and then poll() throws TransportError; but Open MPI 4.1 has by then written past the buffer (to
// oneself, and through shared memory from 4 KiB on). send() therefore refuses frames above
// kFrameBytes.
class MpiTransport final : public Transport {
 public:
  MpiTransport();
  ~MpiTransport() override;

  Ticket post_receive(Rank from, u32 channel, std::span<std::byte> into) override;
  Ticket send(Rank to, u32 channel, std::span<const std::byte> frame) override;
  // One MPI_Testsome over at most kTested requests, in turn when there are more.
  void poll(std::vector<Done>& done) override;
  void cancel(Ticket receive) override;

 private:
  static constexpr std::size_t kTested = 256;  // the cost of a test grows with its length
  struct Requests;

  WorldCopy world_;
  std::unique_ptr<Requests> requests_;
};

}  // namespace shardmill

// What travels from one rank to its neighbour in one message: 32 bytes, then packets. The header
// is inside the frame, so nothing has to be put back in order.
#pragma once

#include <span>
#include <string>

#include "cluster/types.hpp"

namespace shardmill {

enum FrameFlags : std::uint16_t {
  kFrameHello = 1,   // credit channel: receives are posted; `bytes` = the largest frame they hold
  kFrameFinish = 2,  // the last frame of this rank to this neighbour
};

// Host byte order: the ranks of a job run one binary on one kind of machine.
struct FrameHeader {
  static constexpr u32 kMagic = 0x4c4d4853;  // "SHML"

  u32 magic = kMagic;
  u32 channel = 0;
  u32 source = 0;    // the neighbour that sends it
  u32 sequence = 0;  // from 0 per channel and pair, modulo 2^32
  u32 bytes = 0;     // of the packets behind the header
  std::uint16_t flags = 0;
  std::uint16_t credits = 0;  // returned to the receiver of this frame
  u64 checksum = 0;           // XXH3-64 of this header with checksum 0; packets carry their own
};
static_assert(sizeof(FrameHeader) == 32);

// Fills in the checksum and writes the header to the frame's first 32 bytes.
void seal_frame(FrameHeader& header, std::span<std::byte> frame);

// The header of a frame that arrived; throws TransportError, its message beginning with `where`,
// when the frame is torn, damaged, or not the one expected here. The packets are not looked at.
[[nodiscard]] FrameHeader open_frame(std::span<const std::byte> frame, u32 channel, Rank source,
                                     u32 sequence, const std::string& where);

}  // namespace shardmill

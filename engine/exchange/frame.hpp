// The 64 bytes before the rows of a frame; one message, so nothing has to be put back in order.
#pragma once

#include <span>
#include <string>

#include "cluster/types.hpp"

namespace shardmill {

enum FrameFlags : u32 {
  kFrameHello = 1,   // credit channel: receives are posted; row_bytes = the largest frame they hold
  kFramePart = 2,    // payload is a part of one row of row_bytes bytes, prefix included
  kFrameFinish = 4,  // payload is a FrameTotals: all that this peer sent; nothing follows
};

// Host byte order: the ranks of a job run one binary on one kind of machine.
struct FrameHeader {
  static constexpr u32 kMagic = 0x4c4d4853;  // "SHML"

  u32 magic = kMagic;
  u32 channel = 0;
  u32 source = 0;  // rank
  u32 flags = 0;
  u64 sequence = 0;  // from 0 per channel and pair
  u64 rows = 0;      // that begin in this frame
  u64 payload_bytes = 0;
  u64 row_bytes = 0;
  u32 credits = 0;  // returned to the receiver of this frame
  u32 reserved = 0;
  u64 checksum = 0;  // XXH3-64 of the payload, seeded with that of the header with checksum 0
};
static_assert(sizeof(FrameHeader) == 64);

// What went from one rank to another; compared when the exchange closes.
struct FrameTotals {
  u64 rows = 0;
  u64 bytes = 0;
  u64 checksum = 0;  // sum of the frames' checksums modulo 2^64: their order does not matter
  auto operator<=>(const FrameTotals&) const = default;
  [[nodiscard]] std::string text() const;
};

// Fills in the checksum and writes the header to the frame's first 64 bytes; the payload follows.
void seal_frame(FrameHeader& header, std::span<std::byte> frame);

// The header of a frame that arrived; throws TransportError, its message beginning with `where`,
// when the frame is torn, damaged, or not the one expected here.
[[nodiscard]] FrameHeader open_frame(std::span<const std::byte> frame, u32 channel, Rank source,
                                     u64 sequence, const std::string& where);

}  // namespace shardmill

// Rows of one rank for another, whichever way they take. Frames carry packets from neighbour to
// neighbour; a packet stays as it is from its origin to its destination, and its checksum with it.
#pragma once

#include <span>
#include <string>

#include "cluster/types.hpp"

namespace shardmill {

enum PacketFlags : u32 {
  kPacketPart = 1,    // a part of one row of row_bytes bytes, length prefix included
  kPacketTotals = 2,  // a Totals: all that the origin sent here; nothing follows
};

struct PacketHeader {
  u32 origin = 0;       // the rank that put the rows
  u32 destination = 0;  // the rank that they are for
  u32 flags = 0;
  u32 bytes = 0;      // behind this header
  u32 rows = 0;       // that begin in this packet
  u32 row_bytes = 0;  // of a part
  u64 checksum = 0;   // XXH3-64 of the bytes, seeded with that of this header with checksum 0
};
static_assert(sizeof(PacketHeader) == 32);

// What one rank put for another; compared when the exchange closes.
struct Totals {
  u64 rows = 0;
  u64 bytes = 0;
  u64 checksum = 0;  // sum of the packets' checksums modulo 2^64: their order does not matter
  void add(const PacketHeader& packet) {
    rows += packet.rows;
    bytes += packet.bytes;
    checksum += packet.checksum;
  }
  auto operator<=>(const Totals&) const = default;
  [[nodiscard]] std::string text() const;
};

// Fills in the checksum and writes the header to the first 32 bytes of `packet`; header.bytes of
// payload follow it.
void seal_packet(PacketHeader& header, std::span<std::byte> packet);

struct Packet {
  PacketHeader header;
  std::span<const std::byte> payload;
  [[nodiscard]] std::size_t bytes() const { return sizeof header + payload.size(); }
};

// The first packet of what is left of a frame. Throws TransportError, its message beginning with
// `where`, when it is torn or damaged.
[[nodiscard]] Packet open_packet(std::span<const std::byte> rest, Rank neighbour,
                                 const std::string& where);

}  // namespace shardmill

#include "engine/exchange/packet.hpp"

#include <cstring>

#include "engine/hash/hash.hpp"

namespace shardmill {
namespace {

std::string_view as_text(const void* data, std::size_t bytes) {
  return {static_cast<const char*>(data), bytes};
}

u64 checksum_of(PacketHeader header, std::span<const std::byte> payload) {
  header.checksum = 0;
  return hash64(as_text(payload.data(), payload.size()), hash64(as_text(&header, sizeof header)));
}

[[noreturn]] void fail(const std::string& where, Rank neighbour, const std::string& what) {
  throw TransportError(where + ": a packet from rank " + std::to_string(neighbour.value) + " " +
                       what);
}

}  // namespace

std::string Totals::text() const {
  return std::to_string(rows) + " rows, " + std::to_string(bytes) + " bytes, checksum " +
         std::to_string(checksum);
}

void seal_packet(PacketHeader& header, std::span<std::byte> packet) {
  header.checksum = checksum_of(header, packet.subspan(sizeof header, header.bytes));
  std::memcpy(packet.data(), &header, sizeof header);
}

Packet open_packet(std::span<const std::byte> rest, Rank neighbour, const std::string& where) {
  Packet packet;
  if (rest.size() < sizeof packet.header) {
    fail(where, neighbour, "is torn: " + std::to_string(rest.size()) + " bytes are left for it");
  }
  std::memcpy(&packet.header, rest.data(), sizeof packet.header);
  rest = rest.subspan(sizeof packet.header);
  if (packet.header.bytes > rest.size()) {
    fail(where, neighbour,
         "is torn: " + std::to_string(packet.header.bytes) + " bytes expected, " +
             std::to_string(rest.size()) + " are left");
  }
  packet.payload = rest.first(packet.header.bytes);
  const u64 checksum = checksum_of(packet.header, packet.payload);
  if (packet.header.checksum != checksum) {
    fail(where, neighbour,
         "is damaged: its checksum says " + std::to_string(packet.header.checksum) +
             ", its bytes " + std::to_string(checksum));
  }
  return packet;
}

}  // namespace shardmill

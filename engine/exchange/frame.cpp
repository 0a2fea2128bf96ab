#include "engine/exchange/frame.hpp"

#include <cstring>

#include "engine/hash/hash.hpp"

namespace shardmill {
namespace {

std::string_view as_text(const void* data, std::size_t bytes) {
  return {static_cast<const char*>(data), bytes};
}

u64 checksum_of(FrameHeader header, std::span<const std::byte> payload) {
  header.checksum = 0;
  return hash64(as_text(payload.data(), payload.size()), hash64(as_text(&header, sizeof header)));
}

}  // namespace

std::string FrameTotals::text() const {
  return std::to_string(rows) + " rows, " + std::to_string(bytes) + " bytes, checksum " +
         std::to_string(checksum);
}

void seal_frame(FrameHeader& header, std::span<std::byte> frame) {
  header.checksum = checksum_of(header, frame.subspan(sizeof header));
  std::memcpy(frame.data(), &header, sizeof header);
}

FrameHeader open_frame(std::span<const std::byte> frame, u32 channel, Rank source, u64 sequence,
                       const std::string& where) {
  const std::string from = where + ": frame from rank " + std::to_string(source.value);
  FrameHeader header;
  if (frame.size() < sizeof header) {
    throw TransportError(from + " is torn: " + std::to_string(frame.size()) +
                         " bytes arrived, a header alone has 64");
  }
  std::memcpy(&header, frame.data(), sizeof header);
  if (header.magic != FrameHeader::kMagic) throw TransportError(from + " has a damaged header");
  if (header.payload_bytes != frame.size() - sizeof header) {
    throw TransportError(from + " is torn: payload of " + std::to_string(header.payload_bytes) +
                         " bytes expected, " + std::to_string(frame.size() - sizeof header) +
                         " arrived");
  }
  const u64 checksum = checksum_of(header, frame.subspan(sizeof header));
  if (header.checksum != checksum) {
    throw TransportError(from + " is damaged: its checksum says " +
                         std::to_string(header.checksum) + ", its bytes " +
                         std::to_string(checksum));
  }
  if (header.channel != channel || header.source != source.value) {
    throw TransportError(from + " was meant for another place: channel " +
                         std::to_string(header.channel) + " from rank " +
                         std::to_string(header.source) + ", expected channel " +
                         std::to_string(channel));
  }
  if (header.sequence != sequence) {
    throw TransportError(from + " is number " + std::to_string(header.sequence) + ", expected " +
                         std::to_string(sequence) + ": a frame was lost or repeated");
  }
  return header;
}

}  // namespace shardmill

#include "engine/exchange/frame.hpp"

#include <cstring>

#include "engine/hash/hash.hpp"

namespace shardmill {
namespace {

u64 checksum_of(FrameHeader header) {
  header.checksum = 0;
  return hash64({reinterpret_cast<const char*>(&header), sizeof header});
}

[[noreturn]] void fail(const std::string& where, Rank source, const std::string& what) {
  throw TransportError(where + ": frame from rank " + std::to_string(source.value) + " " + what);
}

}  // namespace

void seal_frame(FrameHeader& header, std::span<std::byte> frame) {
  header.checksum = checksum_of(header);
  std::memcpy(frame.data(), &header, sizeof header);
}

FrameHeader open_frame(std::span<const std::byte> frame, u32 channel, Rank source, u32 sequence,
                       const std::string& where) {
  FrameHeader header;
  if (frame.size() < sizeof header) {
    fail(where, source,
         "is torn: " + std::to_string(frame.size()) + " bytes arrived, a header alone has " +
             std::to_string(sizeof header));
  }
  std::memcpy(&header, frame.data(), sizeof header);
  if (header.magic != FrameHeader::kMagic || header.checksum != checksum_of(header)) {
    fail(where, source, "has a damaged header");
  }
  if (header.channel != channel || header.source != source.value) {
    fail(where, source,
         "was meant for another place: channel " + std::to_string(header.channel) + " from rank " +
             std::to_string(header.source) + ", expected channel " + std::to_string(channel));
  }
  if (header.sequence != sequence) {
    fail(where, source,
         "is number " + std::to_string(header.sequence) + ", expected " + std::to_string(sequence) +
             ": a frame was lost or repeated");
  }
  const bool hello = (header.flags & kFrameHello) != 0;  // its `bytes` say something else
  if (!hello && header.bytes != frame.size() - sizeof header) {
    fail(where, source,
         "is torn: " + std::to_string(header.bytes) + " bytes of packets expected, " +
             std::to_string(frame.size() - sizeof header) + " arrived");
  }
  return header;
}

}  // namespace shardmill

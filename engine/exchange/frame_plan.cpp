#include "engine/exchange/frame_plan.hpp"

#include <algorithm>

#include "cluster/transport.hpp"
#include "engine/exchange/frame.hpp"
#include "engine/exchange/packet.hpp"

namespace shardmill {
namespace {

constexpr std::size_t kSmallestSlot = 64;
constexpr std::size_t kSlotsPerFrame = 16;
// Frames being filled: of the size of a core's share of the caches.
constexpr std::size_t kFilling = std::size_t{4} << 20;

}  // namespace

std::size_t FrameNeeds::cached_frame(u64 neighbours) {
  return std::clamp(kFilling / std::max<u64>(neighbours, 1), kGoodFrame, kFrameBytes);
}

FrameNeeds FrameNeeds::of(u64 neighbours, u64 slots, u32 credits) {
  return {neighbours * (2 * u64{credits} + 1) + 1, slots};
}

FrameNeeds FrameNeeds::of_direct(u32 ranks, u32 credits) { return of(ranks - 1, 0, credits); }

FrameNeeds FrameNeeds::of_two_hop(u32 nodes, u32 ranks_per_node, u32 credits) {
  return of(u64{nodes - 1} + (ranks_per_node - 1), u64{nodes} * ranks_per_node, credits);
}

std::size_t FrameNeeds::slot_bytes(std::size_t frame_bytes) {
  constexpr std::size_t kHeaders = sizeof(FrameHeader) + sizeof(PacketHeader);
  return std::clamp(frame_bytes / kSlotsPerFrame, kSmallestSlot, kSmallestFrame - kHeaders);
}

u64 FrameNeeds::bytes(std::size_t frame_bytes) const {
  return frames * frame_bytes + slots * slot_bytes(frame_bytes);
}

std::size_t FrameNeeds::largest_frame(u64 lease, std::size_t wanted) const {
  std::size_t low = std::min(wanted, kSmallestFrame);
  std::size_t high = wanted;
  while (low < high) {  // `low` fits, or is the smallest
    const std::size_t middle = low + (high - low + 1) / 2;
    if (bytes(middle) <= lease) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

}  // namespace shardmill

// How large the frames of an exchange may be: arithmetic alone, so that it can be checked for
// thousands of ranks.
#pragma once

#include <cstddef>

#include "cluster/types.hpp"

namespace shardmill {

// Frames shrink with the number of neighbours to this at least; below it headers and latency
// dominate.
inline constexpr std::size_t kSmallestFrame = 4096;
// Below it, headers and the latency of messages begin to show.
inline constexpr std::size_t kGoodFrame = 64 * 1024;
// The largest share of the budget that the frames of one exchange may take.
inline constexpr double kFramesShare = 1.0 / 16;

struct FrameNeeds {
  // Per neighbour: `credits` receives posted, as many sends, one being filled. One for own rows.
  u64 frames = 0;
  u64 slots = 0;  // two hops only, per rank: rows collected for one destination

  // The frame to ask for: with many neighbours the frames being filled must stay in the caches
  // together, or every row is written to memory (bench/exchange_bench.cpp). Not below 64 KiB.
  [[nodiscard]] static std::size_t cached_frame(u64 neighbours);
  static FrameNeeds of(u64 neighbours, u64 slots, u32 credits);
  static FrameNeeds of_direct(u32 ranks, u32 credits);
  static FrameNeeds of_two_hop(u32 nodes, u32 ranks_per_node, u32 credits);

  // A sixteenth of a frame, so that frames leave nearly full, but never more than fits into the
  // smallest frame that any rank may have.
  [[nodiscard]] static std::size_t slot_bytes(std::size_t frame_bytes);
  [[nodiscard]] u64 bytes(std::size_t frame_bytes) const;
  // The largest frame, at most `wanted`, with which everything fits into `lease`; the smallest
  // there is when none does.
  [[nodiscard]] std::size_t largest_frame(u64 lease, std::size_t wanted) const;
};

}  // namespace shardmill

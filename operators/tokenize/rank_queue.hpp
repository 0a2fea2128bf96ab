// The pairs of a long word that may merge: lowest rank first, of one rank the leftmost.
#pragma once

#include <optional>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// A heap of ranks, and for each rank its positions: in a list while they come in ascending order,
// which they nearly always do, else in a heap. So a run of one letter, where a million pairs have a
// handful of ranks, takes constant time for each, and nothing takes more than logarithmic time.
class RankQueue {
 public:
  struct Entry {
    u32 rank;
    u32 position;
  };
  void push(u32 rank, u32 position);
  std::optional<Entry> pop();

 private:
  static constexpr u32 kNoBucket = UINT32_MAX;
  struct Bucket {
    std::vector<u32> ascending;
    std::size_t taken = 0;    // of ascending
    std::vector<u32> others;  // a heap, the smallest first
  };
  u32 new_bucket();

  std::vector<u32> bucket_of_;  // by rank
  std::vector<u32> ranks_;      // those with a bucket: a heap, the smallest first
  std::vector<Bucket> buckets_;
  std::vector<u32> free_;  // buckets that no rank has
};

}  // namespace shardmill

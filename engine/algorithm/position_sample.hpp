// Which records of a distributed sequence stand for all of them.
#pragma once

#include <algorithm>
#include <bit>

#include "cluster/cluster.hpp"
#include "engine/hash/hash.hpp"

namespace shardmill {

// Chosen by a hash of where a record is, so that no pattern in the records is followed and of
// identical ones as many are chosen as are due. About kPerRank to twice as many for each rank, or
// all when there are fewer.
class PositionSample {
 public:
  static constexpr u64 kPerRank = 256;

  // `total`: of records on all ranks.
  PositionSample(const Cluster& cluster, u64 total)
      : first_(u64{cluster.rank().value} << 40),
        mask_(std::bit_floor(std::max<u64>(1, total / (kPerRank * cluster.size()))) - 1) {}

  // A number that only this record has: its rank and position, mixed.
  [[nodiscard]] u64 number_of(u64 position) const { return mix64((first_ + position) ^ kOwn); }
  [[nodiscard]] bool takes(u64 number) const { return (number & mask_) == 0; }

 private:
  // Records whose keys are mix64 of their positions are not rare, and the sample must not be those
  // with a certain key.
  static constexpr u64 kOwn = 0x6a09e667f3bcc908;  // digits of the square root of 2

  u64 first_;
  u64 mask_;
};

}  // namespace shardmill

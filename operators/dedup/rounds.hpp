// A long comparison in rounds, between which what was compared is committed.
#pragma once

#include <chrono>

#include "cluster/cluster.hpp"
#include "engine/plan/pair_memory.hpp"

namespace shardmill {

// Rounds are of some minutes: shorter ones read the same texts more often, longer ones are longer
// than the warning that a batch system gives. No result depends on them.
class Rounds {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::seconds kShortest{60};
  static constexpr std::chrono::seconds kLongest{240};
  // Seconds to minutes, by how long the texts are and how many pairs each is in. A gigabyte on two
  // ranks has fewer.
  static constexpr u64 kFirstPairs = u64{1} << 21;

  // Without a memory there is nothing between: one round.
  Rounds(Cluster& cluster, PairMemory* memory);

  // How many this rank compares in the next one, at most.
  [[nodiscard]] u64 pairs() const { return pairs_; }
  // Collective, after each; `left`: this rank has more pairs. When it is time, or a stop is asked
  // for before the last, commits and forgets what was compared. False: there is no other round.
  // Throws Stopped (agreed), behind a commit only.
  bool another(bool left, Records<ComparedPair>& compared);

 private:
  Cluster& cluster_;
  PairMemory* memory_;
  u64 pairs_;
  Clock::time_point begun_;      // the round
  Clock::time_point committed_;  // the last time, or the beginning of all
};

}  // namespace shardmill

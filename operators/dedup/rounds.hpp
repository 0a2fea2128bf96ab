// A long comparison in rounds, between which what was compared is committed.
#pragma once

#include <chrono>

#include "cluster/cluster.hpp"
#include "engine/plan/pair_memory.hpp"

namespace shardmill {

// No result depends on how long rounds are.
class Rounds {
 public:
  using Clock = std::chrono::steady_clock;

  // Shorter rounds read the same texts more often; longer ones are longer than the warning that a
  // batch system gives.
  struct Limits {
    // Of a rank, in the first round: seconds to minutes, by how long the texts are and how many
    // pairs each is in. A gigabyte on two ranks has fewer.
    u64 first_pairs = u64{1} << 21;
    std::chrono::milliseconds shortest = std::chrono::seconds(60);
    std::chrono::milliseconds longest = std::chrono::seconds(240);
  };
  // With Cluster::force_round_pairs always so many pairs, and a commit behind each round.
  [[nodiscard]] static Limits limits(const Cluster& cluster);

  // Without a memory there is nothing between: one round.
  Rounds(Cluster& cluster, PairMemory* memory, const Limits& limits);

  // How many this rank compares in the next one, at most.
  [[nodiscard]] u64 pairs() const { return pairs_; }
  // Collective, after each; `left`: this rank has more pairs. When it is time, or a stop is asked
  // for before the last, commits and forgets what was compared. False: there is no other round.
  // Throws Stopped (agreed), behind a commit only.
  bool another(bool left, Records<ComparedPair>& compared);

 private:
  Cluster& cluster_;
  PairMemory* memory_;
  Limits limits_;
  u64 pairs_;
  Clock::time_point begun_;      // the round
  Clock::time_point committed_;  // the last time, or the beginning of all
};

}  // namespace shardmill

#include "operators/dedup/rounds.hpp"

#include <algorithm>

#include "cluster/agree.hpp"
#include "cluster/signals.hpp"

namespace shardmill {
namespace {

u64 milliseconds(Rounds::Clock::duration time) {
  return narrow<u64>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

u64 first_pairs(const Cluster& cluster, const PairMemory* memory) {
  if (memory == nullptr) return UINT64_MAX;
  return cluster.force_round_pairs > 0 ? cluster.force_round_pairs : Rounds::kFirstPairs;
}

}  // namespace

Rounds::Rounds(Cluster& cluster, PairMemory* memory)
    : cluster_(cluster),
      memory_(memory),
      pairs_(first_pairs(cluster, memory)),
      begun_(Clock::now()),
      committed_(begun_) {}

bool Rounds::another(bool left, Records<ComparedPair>& compared) {
  if (memory_ == nullptr) return false;
  const Clock::time_point now = Clock::now();
  const std::vector<u64> most =
      cluster_.control.all_max({left ? 1U : 0U, cluster_.stop.is_set() ? 1U : 0U,
                                milliseconds(now - begun_), milliseconds(now - committed_)});
  const bool more = most[0] != 0;
  const bool stop = most[1] != 0;
  const bool forced = cluster_.force_round_pairs > 0;
  if (forced || most[3] >= milliseconds(kShortest) || (stop && more)) {
    memory_->commit(cluster_, compared);
    compared.clear();
    committed_ = Clock::now();
    if (stop) {
      fail_together(
          Stopped("stopped by a signal within dedup.minhash; the same command goes on "
                  "from here"));
    }
  }
  if (!forced) {
    if (most[2] < milliseconds(kShortest)) pairs_ *= 2;
    if (most[2] > milliseconds(kLongest)) {
      pairs_ = std::max<u64>(pairs_ / (most[2] / milliseconds(kLongest) + 1), 1);
    }
  }
  begun_ = Clock::now();
  return more;
}

}  // namespace shardmill

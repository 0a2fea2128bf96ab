#include "operators/dedup/rounds.hpp"

#include <algorithm>

#include "cluster/agree.hpp"
#include "cluster/signals.hpp"

namespace shardmill {
namespace {

u64 milliseconds(Rounds::Clock::duration time) {
  return narrow<u64>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

}  // namespace

Rounds::Limits Rounds::limits(const Cluster& cluster) {
  if (cluster.force_round_pairs == 0) return {};
  return {cluster.force_round_pairs, std::chrono::milliseconds(0), std::chrono::hours(1)};
}

Rounds::Rounds(Cluster& cluster, PairMemory* memory, const Limits& limits)
    : cluster_(cluster),
      memory_(memory),
      limits_(limits),
      pairs_(memory == nullptr ? UINT64_MAX : limits.first_pairs),
      begun_(Clock::now()),
      committed_(begun_) {}

bool Rounds::another(bool left, Records<ComparedPair>& compared) {
  if (memory_ == nullptr) return false;
  const u64 shortest = milliseconds(limits_.shortest);
  const u64 longest = milliseconds(limits_.longest);
  const Clock::time_point now = Clock::now();
  const std::vector<u64> most =
      cluster_.control.all_max({left ? 1U : 0U, cluster_.stop.is_set() ? 1U : 0U,
                                milliseconds(now - begun_), milliseconds(now - committed_)});
  const bool more = most[0] != 0;
  const bool stop = most[1] != 0;
  if (most[3] >= shortest || (stop && more)) {
    memory_->commit(cluster_, compared);
    compared.clear();
    committed_ = Clock::now();
    if (stop) {
      fail_together(
          Stopped("stopped by a signal within dedup.minhash; the same command goes on "
                  "from here"));
    }
  }
  if (most[2] < shortest) pairs_ *= 2;
  if (most[2] > longest) pairs_ = std::max<u64>(pairs_ / (most[2] / longest + 1), 1);
  begun_ = Clock::now();
  return more;
}

}  // namespace shardmill

// Where the rows of a join meet.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/algorithm/join_kind.hpp"
#include "engine/exchange/partition.hpp"

namespace shardmill {

// Every left row goes to one rank, and every right row of its key goes there too:
//
//   partition         both to the owner of the key
//     ... a hot key   left rows to all ranks in turn, right rows to each of them
//   replicate_right   left rows stay, right rows to every rank
//   replicate_left    the mirror image, for inner joins: a pair still meets once
class JoinRoutes {
 public:
  enum class Plan { partition, replicate_right, replicate_left };

  // Collective; two reductions of some numbers. Bytes of what this rank has of each side, and of
  // what it could hold of one in memory. Replicates a side that fits the lease of every rank when
  // that moves fewer bytes, and the other side lies on the ranks in about equal parts.
  JoinRoutes(Cluster& cluster, JoinKind kind, u64 left, u64 right, u64 lease);
  [[nodiscard]] Plan plan() const { return plan_; }
  // All rows of the side stay on the rank where they are.
  [[nodiscard]] bool left_stays() const { return ranks_ == 1 || plan_ == Plan::replicate_right; }
  [[nodiscard]] bool right_stays() const { return ranks_ == 1 || plan_ == Plan::replicate_left; }

  // Collective, for `partition`. Hashes of the keys of left and right rows chosen by
  // PositionSample. Gathered everywhere: about 2 KiB of each from each rank, all of it from one
  // that has all rows. Keys that have an eighth of what a rank should get are hot; of semi and
  // anti only those whose right rows, on all ranks, are no more bytes than the left ones.
  void spread_hot_keys(Cluster& cluster, const std::vector<u64>& left,
                       const std::vector<u64>& right);
  [[nodiscard]] const std::vector<u64>& hot() const { return hot_; }

  // put(Rank) for each rank that a row of this key goes to.
  template <class Put>
  void left(u64 hash, Put&& put) {
    if (plan_ == Plan::replicate_right) return put(me_);
    if (plan_ == Plan::replicate_left) return to_all(put);
    if (!is_hot(hash)) return put(owner_of(hash, ranks_));
    put(Rank{turn_});
    turn_ = turn_ + 1 == ranks_ ? 0 : turn_ + 1;
  }
  template <class Put>
  void right(u64 hash, Put&& put) const {
    if (plan_ == Plan::replicate_left) return put(me_);
    if (plan_ == Plan::replicate_right || is_hot(hash)) return to_all(put);
    put(owner_of(hash, ranks_));
  }

 private:
  [[nodiscard]] bool is_hot(u64 hash) const {
    return std::binary_search(hot_.begin(), hot_.end(), hash);
  }
  template <class Put>
  void to_all(Put& put) const {
    for (u32 rank = 0; rank < ranks_; ++rank) put(Rank{rank});
  }

  u32 ranks_;
  Rank me_;
  bool pairs_;          // each left row meets each right one of its key
  u64 left_bytes_ = 0;  // of all ranks
  u64 right_bytes_ = 0;
  Plan plan_ = Plan::partition;
  std::vector<u64> hot_;  // ascending
  u32 turn_;
};

}  // namespace shardmill

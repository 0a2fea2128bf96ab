#include "engine/algorithm/join_routes.hpp"

#include <cstring>

namespace shardmill {

JoinRoutes::JoinRoutes(Cluster& cluster, JoinKind kind, Side left, Side right)
    : ranks_(cluster.size()), me_(cluster.rank()), turn_(cluster.rank().value) {
  if (ranks_ == 1) return;
  const std::vector<u64> sums = cluster.control.all_sum(std::vector<u64>{left.bytes, right.bytes});
  const u64 left_sum = sums[0];
  const u64 right_sum = sums[1];
  const std::vector<u64> most = cluster.control.all_max(
      std::vector<u64>{left.bytes, right.bytes, u64{left_sum > left.lease_bytes},
                       u64{right_sum > right.lease_bytes}});
  // Replicating s bytes beside b moves s (n-1) bytes, partitioning both (s + b) (n-1) / n: without
  // the small side's share of the latter, s n < b. The rank with most of b does most of the work.
  const auto is_cheaper = [&](u64 small, u64 big, u64 most_of_big) {
    return small < big / ranks_ && most_of_big / 2 <= big / ranks_;
  };
  if (most[3] == 0 && is_cheaper(right_sum, left_sum, most[0])) {
    plan_ = Plan::replicate_right;
  } else if (kind == JoinKind::inner && most[2] == 0 && is_cheaper(left_sum, right_sum, most[1])) {
    plan_ = Plan::replicate_left;
  }
}

void JoinRoutes::spread_hot_keys(Cluster& cluster, const std::vector<u64>& sample) {
  const std::string mine(reinterpret_cast<const char*>(sample.data()), sample.size() * sizeof(u64));
  std::vector<u64> all;
  for (const std::string& part : cluster.control.all_gather(mine)) {
    const std::size_t before = all.size();
    all.resize(before + part.size() / sizeof(u64));
    if (!part.empty()) std::memcpy(all.data() + before, part.data(), part.size());
  }
  std::sort(all.begin(), all.end());
  // Fewer occurrences may be chance. A mistake costs time only.
  constexpr u64 kFewest = 8;
  const u64 enough = std::max(kFewest, u64{all.size()} / (8 * u64{ranks_}));
  for (auto begin = all.begin(); begin != all.end();) {
    const auto end = std::upper_bound(begin, all.end(), *begin);
    if (static_cast<u64>(end - begin) >= enough) hot_.push_back(*begin);
    begin = end;
  }
}

}  // namespace shardmill

#include "engine/algorithm/join_routes.hpp"

#include <cstring>

namespace shardmill {
namespace {

// Of all ranks, ascending.
std::vector<u64> gather(Cluster& cluster, const std::vector<u64>& sample) {
  const std::string mine(reinterpret_cast<const char*>(sample.data()), sample.size() * sizeof(u64));
  std::vector<u64> all;
  for (const std::string& part : cluster.control.all_gather(mine)) {
    const std::size_t before = all.size();
    all.resize(before + part.size() / sizeof(u64));
    if (!part.empty()) std::memcpy(all.data() + before, part.data(), part.size());
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

JoinRoutes::JoinRoutes(Cluster& cluster, JoinKind kind, u64 left, u64 right, u64 lease)
    : ranks_(cluster.size()),
      me_(cluster.rank()),
      pairs_(kind == JoinKind::inner || kind == JoinKind::left),
      turn_(cluster.rank().value) {
  if (ranks_ == 1) return;
  const std::vector<u64> sums = cluster.control.all_sum(std::vector<u64>{left, right});
  left_bytes_ = sums[0];
  right_bytes_ = sums[1];
  const std::vector<u64> most = cluster.control.all_max(
      std::vector<u64>{left, right, u64{left_bytes_ > lease}, u64{right_bytes_ > lease}});
  // Replicating s bytes beside b moves s (n-1) bytes, partitioning both (s + b) (n-1) / n: without
  // the small side's share of the latter, s n < b. The rank with most of b does most of the work.
  const auto is_cheaper = [&](u64 small, u64 big, u64 most_of_big) {
    return small < big / ranks_ && most_of_big / 2 <= big / ranks_;
  };
  if (most[3] == 0 && is_cheaper(right_bytes_, left_bytes_, most[0])) {
    plan_ = Plan::replicate_right;
  } else if (kind == JoinKind::inner && most[2] == 0 &&
             is_cheaper(left_bytes_, right_bytes_, most[1])) {
    plan_ = Plan::replicate_left;
  }
}

void JoinRoutes::spread_hot_keys(Cluster& cluster, const std::vector<u64>& left,
                                 const std::vector<u64>& right) {
  const std::vector<u64> lefts = gather(cluster, left);
  const std::vector<u64> rights = gather(cluster, right);
  // Its share of the sample stands for its share of the bytes.
  const auto bytes_of = [](auto begin, auto end, const std::vector<u64>& sample, u64 bytes) {
    return static_cast<double>(end - begin) / static_cast<double>(sample.size()) *
           static_cast<double>(bytes);
  };
  // Fewer occurrences may be chance. A mistake costs time only.
  constexpr u64 kFewest = 8;
  const u64 enough = std::max(kFewest, u64{lefts.size()} / (8 * u64{ranks_}));
  for (auto begin = lefts.begin(); begin != lefts.end();) {
    const auto end = std::upper_bound(begin, lefts.end(), *begin);
    const auto [first, last] = std::equal_range(rights.begin(), rights.end(), *begin);
    const bool is_cheap = pairs_ || first == last ||
                          bytes_of(first, last, rights, right_bytes_) * ranks_ <=
                              bytes_of(begin, end, lefts, left_bytes_);
    if (static_cast<u64>(end - begin) >= enough && is_cheap) hot_.push_back(*begin);
    begin = end;
  }
}

}  // namespace shardmill

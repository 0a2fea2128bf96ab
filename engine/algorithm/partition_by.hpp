// Moves every record to the rank that owns its key.
#pragma once

#include "engine/algorithm/lease.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"

namespace shardmill {

// Collective. `key` maps a record to a u64; records go to owner_of(mix64(key)). Unsorted result.
// Each record crosses the network at most once. `Less` orders the result when it is sorted.
template <class T, class KeyOf, class Less = std::less<T>, class InLess>
[[nodiscard]] Records<T, Less> partition_by(Cluster& cluster, std::string name,
                                            Records<T, InLess>&& in, KeyOf key, Less less = {}) {
  Records<T, InLess> input = std::move(in);
  Lease lease = algorithm_lease(cluster, name, 1);
  Shuffle<T, Less> shuffle(cluster, std::move(name), std::move(lease), std::move(less));
  input.drain(
      [&](const T& record) { shuffle.put(owner_of(mix64(key(record)), cluster.size()), record); });
  return shuffle.finish();
}

}  // namespace shardmill

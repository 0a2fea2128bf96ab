// Documents named to the ranks that know of them.
#pragma once

#include <string>

#include "engine/exchange/shuffle.hpp"

namespace shardmill {

// Collective. Each key (a DocKey value) at the rank that `where` (u64 -> Rank) says, sorted; once
// or more, as given. Forgets `mine`.
template <class Where>
[[nodiscard]] Records<u64> send_keys(Cluster& cluster, const std::string& name, Records<u64>& mine,
                                     Where&& where) {
  Shuffle<u64> routed(cluster, name, cluster.budget.lease(name, 0.02));
  mine.drain([&](u64 key) { routed.put(where(key), key); });
  Records<u64> arrived = routed.finish();
  arrived.sort();
  return arrived;
}

}  // namespace shardmill

// A global order: each rank's records precede those of the next rank.
#pragma once

#include <algorithm>

#include "engine/algorithm/lease.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"

namespace shardmill {

// Sorted by T::operator<, which is total. Collective. The parts differ by some percent in size,
// except that equal records stay together. The sequence over all ranks depends on the records
// alone; where it is cut depends on a sample (sample sort: Frazer & McKellar 1970), 256 records
// per rank, gathered everywhere. Each record crosses the network at most once.
template <class T>
[[nodiscard]] Records<T> sort(Cluster& cluster, std::string name, Records<T>&& in) {
  constexpr u64 kSamplePerRank = 256;
  const Records<T> input = std::move(in);
  const u64 total = cluster.control.all_sum(input.size());
  const u64 wanted = kSamplePerRank * cluster.size();

  // One record in `stride`, chosen by a hash of its position so that no pattern is followed.
  std::string sample;
  const u64 stride = std::max<u64>(1, total / std::max<u64>(1, wanted));
  u64 position = 0;
  input.for_each([&](const T& record) {
    if (cluster.size() > 1 && mix64(++position) % stride == 0) {
      sample.append(reinterpret_cast<const char*>(&record), sizeof record);
    }
  });
  std::vector<T> splitters;
  for (const std::string& part : cluster.control.all_gather(sample)) {
    const std::size_t before = splitters.size();
    splitters.resize(before + part.size() / sizeof(T));
    if (!part.empty()) {
      std::memcpy(static_cast<void*>(splitters.data() + before), part.data(), part.size());
    }
  }
  std::sort(splitters.begin(), splitters.end());
  if (splitters.size() >= cluster.size()) {  // keep size-1 of them, evenly spaced
    std::vector<T> even;
    for (u64 r = 1; r < cluster.size(); ++r) {
      even.push_back(splitters[r * splitters.size() / cluster.size()]);
    }
    splitters = std::move(even);
  }

  Lease lease = algorithm_lease(cluster, name);
  Shuffle<T> shuffle(cluster, std::move(name), std::move(lease));
  input.for_each([&](const T& record) {
    const auto above = std::upper_bound(splitters.begin(), splitters.end(), record);
    shuffle.put({narrow<u32>(above - splitters.begin())}, record);
  });
  Records<T> sorted = shuffle.finish();
  sorted.sort();
  return sorted;
}

}  // namespace shardmill

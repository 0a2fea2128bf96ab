// A global order: each rank's records precede those of the next rank.
#pragma once

#include <algorithm>

#include "engine/algorithm/lease.hpp"
#include "engine/algorithm/position_sample.hpp"
#include "engine/exchange/shuffle.hpp"

namespace shardmill {
namespace sort_detail {

// Identical records are told apart by a number, so that any number of them can be cut between
// ranks.
template <class T>
struct Numbered {
  T record;
  u64 number;
  bool operator<(const Numbered& other) const {
    if (record < other.record) return true;
    return !(other.record < record) && number < other.number;
  }
};

// Collective. Every `size`-th of all samples but the first: size - 1 of them, ascending.
template <class T>
std::vector<Numbered<T>> splitters(Cluster& cluster, const std::string& sample) {
  std::vector<Numbered<T>> all;
  for (const std::string& part : cluster.control.all_gather(sample)) {
    const std::size_t before = all.size();
    all.resize(before + part.size() / sizeof(Numbered<T>));
    if (!part.empty()) {
      std::memcpy(static_cast<void*>(all.data() + before), part.data(), part.size());
    }
  }
  std::sort(all.begin(), all.end());
  if (all.size() < cluster.size()) return all;
  std::vector<Numbered<T>> even;
  for (u64 r = 1; r < cluster.size(); ++r) even.push_back(all[r * all.size() / cluster.size()]);
  return even;
}

}  // namespace sort_detail

// Sorted by T::operator<, which is total. Collective. The parts differ by some percent in size,
// also when many records are identical. The sequence over all ranks depends on the records alone;
// where it is cut depends on a sample (sample sort: Frazer & McKellar 1970), about 256 to 512
// records per rank, gathered everywhere. Each record crosses the network at most once.
template <class T>
[[nodiscard]] Records<T> sort(Cluster& cluster, std::string name, Records<T>&& in) {
  using Numbered = sort_detail::Numbered<T>;
  Records<T> input = std::move(in);
  const PositionSample choice(cluster, cluster.control.all_sum(input.size()));
  std::string sample;
  u64 position = 0;
  input.for_each([&](const T& record) {
    const Numbered here{record, choice.number_of(position++)};
    if (cluster.size() > 1 && choice.takes(here.number)) {
      sample.append(reinterpret_cast<const char*>(&here), sizeof here);
    }
  });
  const std::vector<Numbered> splitters = sort_detail::splitters<T>(cluster, sample);

  Lease lease = algorithm_lease(cluster, name, 1);
  Shuffle<T> shuffle(cluster, std::move(name), std::move(lease));
  position = 0;
  input.drain([&](const T& record) {
    const Numbered here{record, choice.number_of(position++)};
    const auto above = std::upper_bound(splitters.begin(), splitters.end(), here);
    shuffle.put({narrow<u32>(above - splitters.begin())}, record);
  });
  Records<T> sorted = shuffle.finish();
  sorted.sort();
  return sorted;
}

}  // namespace shardmill

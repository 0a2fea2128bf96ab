// The first records of a distributed sequence in an order of the caller.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "engine/algorithm/lease.hpp"
#include "engine/records/records.hpp"

namespace shardmill {

// Collective. The k smallest of all records by `less`, a total order (records that compare equal
// are the same bytes), ascending, on every rank; all of them when there are fewer. Identical
// records count each.
//
// Each rank keeps its own k smallest in a heap and sends them to all: k records from each rank,
// all-gathered. So k × ranks records must fit the lease; throws ResourceError on every rank when
// they do not. For larger k use sort().
template <class T, class InLess, class Less>
[[nodiscard]] std::vector<T> top_k(Cluster& cluster, const std::string& name,
                                   Records<T, InLess>&& in, u64 k, Less less) {
  const Records<T, InLess> input = std::move(in);
  const Lease lease = algorithm_lease(cluster, name);
  // In the heap, in the message, and in what is gathered.
  const u64 most_here = std::min(k, cluster.control.all_max(input.size()));
  const u64 bytes = most_here * sizeof(T) * (u64{cluster.size()} * 2 + 2);
  if (cluster.control.any(bytes > lease.bytes())) {
    throw ResourceError(name + ": the first " + std::to_string(k) + " records of " +
                        std::to_string(cluster.size()) + " ranks need " + std::to_string(bytes) +
                        " bytes of memory, and " + std::to_string(lease.bytes()) +
                        " are there; give more with --memory");
  }

  std::vector<T> smallest;  // a heap, the largest on top
  smallest.reserve(static_cast<std::size_t>(std::min(k, input.size())));
  input.for_each([&](const T& record) {
    if (smallest.size() < k) {
      smallest.push_back(record);
      std::push_heap(smallest.begin(), smallest.end(), less);
    } else if (k > 0 && less(record, smallest.front())) {
      std::pop_heap(smallest.begin(), smallest.end(), less);
      smallest.back() = record;
      std::push_heap(smallest.begin(), smallest.end(), less);
    }
  });

  std::string mine(smallest.size() * sizeof(T), '\0');
  if (!mine.empty()) std::memcpy(mine.data(), smallest.data(), mine.size());
  release(smallest);
  for (const std::string& part : cluster.control.all_gather(mine)) {
    if (part.empty()) continue;
    const std::size_t before = smallest.size();
    smallest.resize(before + part.size() / sizeof(T));
    std::memcpy(static_cast<void*>(smallest.data() + before), part.data(), part.size());
  }
  std::sort(smallest.begin(), smallest.end(), less);
  if (smallest.size() > k) smallest.resize(static_cast<std::size_t>(k));
  return smallest;
}

}  // namespace shardmill

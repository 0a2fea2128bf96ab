// One record for each key, combined from all that have it.
#pragma once

#include "engine/algorithm/combining_table.hpp"
#include "engine/algorithm/group_by.hpp"

namespace shardmill {

// Collective. `key` maps a record to a u64; combine(T& into, const T& other) makes one record of
// two with the same key, leaves the key as it is, and is associative and commutative to the last
// bit (no sums of floats). One record per key, on the rank owner_of(mix64(key)), in ascending order
// of keys there: the same bytes whatever the ranks and the memory.
//
// Records are combined before they are sent, as far as their keys fit the lease: with at most that
// many keys every rank sends each of its keys once, in the worst case every record crosses the
// network once. What arrives is sorted once.
template <class T, class InLess, class KeyOf, class Combine>
[[nodiscard]] Records<T, KeyLess<T, KeyOf>> reduce_by_key(Cluster& cluster, const std::string& name,
                                                          Records<T, InLess>&& in, KeyOf key,
                                                          Combine combine) {
  using Less = KeyLess<T, KeyOf>;
  const auto combined_here = [&] {
    const Records<T, InLess> input = std::move(in);
    Shuffle<T, Less> shuffle(cluster, name, algorithm_lease(cluster, name), Less{key});
    CombiningTable<T> table(cluster, algorithm_lease(cluster, name + ".combine"), input.size());
    const auto send = [&](const T& record) {
      shuffle.put(owner_of(mix64(key(record)), cluster.size()), record);
    };
    const auto same_key = [&](const T& a, const T& b) { return key(a) == key(b); };
    input.for_each(
        [&](const T& record) { table.put(mix64(key(record)), record, same_key, combine, send); });
    table.drain(send);
    return shuffle.finish();
  };
  Records<T, Less> parts = combined_here();
  parts.sort();

  Records<T, Less> result(cluster, name, algorithm_lease(cluster, name + ".result"), Less{key});
  for_each_group(parts, key, [&](auto& group) {
    T total = *group.next();
    while (const T* part = group.next()) combine(total, *part);
    result.push(total);
  });
  result.sort();  // it is: from here on its runs are read as one
  return result;
}

}  // namespace shardmill

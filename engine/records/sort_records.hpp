// Sorts records in memory, in place.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <span>
#include <utility>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// A record may name the number that orders it before anything else: leading(a) < leading(b) implies
// a < b. An order of its own kind (Less) names it instead.
template <class T>
concept HasLeading = requires(const T& record) {
  { record.leading() } -> std::same_as<u64>;
};
template <class Less, class T>
concept NamesLeading = requires(const Less& less, const T& record) {
  { less.leading(record) } -> std::same_as<u64>;
};

// One pass of American flag sort (McIlroy, Bostic and McIlroy, "Engineering radix sort", 1993) over
// the bits of the leading number that differ, again in each bucket that is large, then std::sort.
// `leading(record)`: u64. Memory: 4 KiB for each of at most eight passes.
template <class T, class Less, class Leading>
void sort_by_leading(std::span<T> records, const Less& less, const Leading& leading) {
  constexpr std::size_t kFew = 256;  // not worth passes over as many buckets
  constexpr unsigned kBits = 8;
  u64 low = UINT64_MAX;
  u64 high = 0;
  if (records.size() > kFew) {
    for (const T& record : records) {
      low = std::min(low, leading(record));
      high = std::max(high, leading(record));
    }
  }
  if (low >= high) {
    std::sort(records.begin(), records.end(), less);
    return;
  }
  const unsigned width = static_cast<unsigned>(std::bit_width(high - low));
  const unsigned shift = width > kBits ? width - kBits : 0;
  const auto bucket_of = [&](const T& record) { return (leading(record) - low) >> shift; };
  std::vector<std::size_t> ends(std::size_t{1} << kBits, 0);
  for (const T& record : records) ++ends[bucket_of(record)];
  std::vector<std::size_t> next(ends.size());
  for (std::size_t b = 0, at = 0; b < ends.size(); ++b) {
    next[b] = at;
    ends[b] = at += ends[b];
  }
  for (std::size_t b = 0; b < ends.size(); ++b) {
    while (next[b] < ends[b]) {
      // Carries the record to where it belongs, and whatever stood there on, until one belongs
      // here.
      T carried = records[next[b]];
      for (u64 to = bucket_of(carried); to != b; to = bucket_of(carried)) {
        std::swap(carried, records[next[to]++]);
      }
      records[next[b]++] = carried;
    }
  }
  for (std::size_t b = 0, begin = 0; b < ends.size(); begin = ends[b++]) {
    sort_by_leading(records.subspan(begin, ends[b] - begin), less, leading);
  }
}

template <class T, class Less>
void sort_records(std::span<T> records, const Less& less) {
  // Many sequences arise in order.
  if (std::is_sorted(records.begin(), records.end(), less)) return;
  if constexpr (NamesLeading<Less, T>) {
    sort_by_leading(records, less, [&](const T& record) { return less.leading(record); });
  } else if constexpr (HasLeading<T>) {
    sort_by_leading(records, less, [](const T& record) { return record.leading(); });
  } else {
    std::sort(records.begin(), records.end(), less);
  }
}

}  // namespace shardmill

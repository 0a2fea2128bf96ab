// Sorts records in memory, in place.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

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

// A most-significant-digit radix sort by the leading number, cut to what the caches hold:
//
//   larger than the buffer   American flag sort, in place, into up to 1024 buckets
//   fits the buffer          scattered through it into up to 256 buckets
//   fits the first cache     scattered into about one bucket per record, then insertion sort over
//                            all of it, where a record moves within its bucket only
//
// American flag sort: McIlroy, Bostic and McIlroy, "Engineering radix sort", 1993.
// Only the bits that differ count, in each bucket again. Memory: the buffer, and some 16 KiB of
// stack for each of at most eight passes.
template <class T, class Less, class Leading>
class LeadingSort {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  // `leading(record)`: u64. The buffer is larger than kLeafBytes and aligned for T.
  LeadingSort(const Less& less, const Leading& leading, std::span<std::byte> buffer)
      : less_(less), leading_(leading), buffer_(buffer) {}

  void sort(std::span<T> records) {
    if (records.size() <= kFew) return insert(records);
    u64 low = UINT64_MAX;
    u64 high = 0;
    for (const T& record : records) {
      low = std::min(low, leading_(record));
      high = std::max(high, leading_(record));
    }
    if (low == high) return std::sort(records.begin(), records.end(), less_);
    const auto width = static_cast<unsigned>(std::bit_width(high - low));
    if (records.size_bytes() <= kLeafBytes) {
      const auto bits = static_cast<unsigned>(std::bit_width(records.size())) - 1;
      scatter<kLeafBytes / sizeof(u64)>(records, {low, width, bits});
      insert(records);
    } else if (records.size_bytes() <= buffer_.size()) {
      scatter<256>(records, {low, width, 8});
    } else {
      permute(records, {low, width, 10});
    }
  }

  static constexpr std::size_t kLeafBytes = std::size_t{32} << 10;  // of the first cache

 private:
  static constexpr std::size_t kFew = 16;  // not worth a pass

  // The bits of a leading number that choose its bucket.
  struct Digit {
    Digit(u64 smallest, unsigned width, unsigned bits)
        : low(smallest),
          shift(width > bits ? width - bits : 0),
          buckets(u64{1} << std::min(width, bits)) {}
    u64 low;
    unsigned shift;
    std::size_t buckets;
  };
  [[nodiscard]] std::size_t bucket_of(const T& record, const Digit& digit) const {
    return (leading_(record) - digit.low) >> digit.shift;
  }

  void insert(std::span<T> records) {
    for (std::size_t i = 1; i < records.size(); ++i) {
      if (!less_(records[i], records[i - 1])) continue;
      const T record = records[i];
      std::size_t at = i;
      for (; at > 0 && less_(record, records[at - 1]); --at) records[at] = records[at - 1];
      records[at] = record;
    }
  }

  template <std::size_t kMostBuckets>
  void scatter(std::span<T> records, const Digit& digit) {
    std::array<u32, kMostBuckets> ends;
    std::fill_n(ends.begin(), digit.buckets, 0);
    for (const T& record : records) ++ends[bucket_of(record, digit)];
    u32 before = 0;
    for (std::size_t b = 0; b < digit.buckets; ++b) before += std::exchange(ends[b], before);
    T* scattered = reinterpret_cast<T*>(buffer_.data());
    for (const T& record : records) scattered[ends[bucket_of(record, digit)]++] = record;
    std::memcpy(static_cast<void*>(records.data()), scattered, records.size_bytes());
    sort_buckets(records, std::span(ends).first(digit.buckets));
  }

  void permute(std::span<T> records, const Digit& digit) {
    std::array<std::size_t, 1024> ends;
    std::array<std::size_t, 1024> next;
    std::fill_n(ends.begin(), digit.buckets, 0);
    for (const T& record : records) ++ends[bucket_of(record, digit)];
    for (std::size_t b = 0, at = 0; b < digit.buckets; ++b) {
      next[b] = at;
      ends[b] = at += ends[b];
    }
    for (std::size_t b = 0; b < digit.buckets; ++b) {
      while (next[b] < ends[b]) {
        // Carries the record to where it belongs, and whatever stood there on, until one belongs
        // here.
        T carried = records[next[b]];
        for (std::size_t to = bucket_of(carried, digit); to != b; to = bucket_of(carried, digit)) {
          std::swap(carried, records[next[to]++]);
        }
        records[next[b]++] = carried;
      }
    }
    sort_buckets(records, std::span(ends).first(digit.buckets));
  }

  // What is small in the leaf is left to its insertion sort.
  template <class Number>
  void sort_buckets(std::span<T> records, std::span<Number> ends) {
    const bool leaf = records.size_bytes() <= kLeafBytes;
    for (std::size_t b = 0, begin = 0; b < ends.size(); begin = ends[b++]) {
      if (leaf && ends[b] - begin <= kFew) continue;
      sort(records.subspan(begin, ends[b] - begin));
    }
  }

  const Less& less_;
  const Leading& leading_;
  std::span<std::byte> buffer_;
};

// Memory: a buffer of at most `buffer_bytes`, at least LeadingSort::kLeafBytes.
template <class T, class Less, class Leading>
void sort_by_leading(std::span<T> records, const Less& less, const Leading& leading,
                     std::size_t buffer_bytes) {
  using Sort = LeadingSort<T, Less, Leading>;
  const std::size_t bytes =
      std::max(Sort::kLeafBytes, std::min(buffer_bytes, records.size_bytes()));
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(bytes);  // aligned for any T here
  Sort(less, leading, {buffer.get(), bytes}).sort(records);
}

template <class T, class Less>
void sort_records(std::span<T> records, const Less& less, std::size_t buffer_bytes) {
  // Many sequences arise in order.
  if (std::is_sorted(records.begin(), records.end(), less)) return;
  if constexpr (NamesLeading<Less, T>) {
    sort_by_leading(
        records, less, [&](const T& record) { return less.leading(record); }, buffer_bytes);
  } else if constexpr (HasLeading<T>) {
    sort_by_leading(
        records, less, [](const T& record) { return record.leading(); }, buffer_bytes);
  } else if constexpr (std::same_as<T, u64> && std::same_as<Less, std::less<u64>>) {
    sort_by_leading(
        records, less, [](u64 record) { return record; }, buffer_bytes);
  } else {
    std::sort(records.begin(), records.end(), less);
  }
}

}  // namespace shardmill

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
// a < b. It may also name what orders records of the same leading number: following(a) <
// following(b) implies a < b then. An order of its own kind (Less) names its leading number
// instead, and says so when it goes on with the order of the records (kThenAsRecords), or with
// nothing (kNothingElse).
template <class T>
concept HasLeading = requires(const T& record) {
  { record.leading() } -> std::same_as<u64>;
};
template <class T>
concept HasFollowing = HasLeading<T> && requires(const T& record) {
  { record.following() } -> std::same_as<u64>;
};
template <class Less, class T>
concept NamesLeading = requires(const Less& less, const T& record) {
  { less.leading(record) } -> std::same_as<u64>;
};

// The numbers by which records are sorted, one after the other: kCount of them, of<N>(record).
template <class T>
struct RecordNumbers {
  static constexpr unsigned kCount = HasFollowing<T> ? 2 : HasLeading<T> ? 1 : 0;
  template <unsigned N>
  [[nodiscard]] static u64 of(const T& record) {
    if constexpr (N == 0) {
      return record.leading();
    } else {
      return record.following();
    }
  }
};
template <class T, class Less>
struct LessNumbers {
  static constexpr unsigned then() {
    if constexpr (requires { requires Less::kThenAsRecords; }) return RecordNumbers<T>::kCount;
    return 0;
  }
  static constexpr unsigned kCount = 1 + then();
  const Less& less;
  template <unsigned N>
  [[nodiscard]] u64 of(const T& record) const {
    if constexpr (N == 0) {
      return less.leading(record);
    } else {
      return RecordNumbers<T>::template of<N - 1>(record);
    }
  }
};
template <class T, class F>
struct OneNumber {
  static constexpr unsigned kCount = 1;
  F number;
  template <unsigned>
  [[nodiscard]] u64 of(const T& record) const {
    return number(record);
  }
};

// A most-significant-digit radix sort by one number after the other, cut to what the caches hold:
//
//   larger than the buffer   American flag sort, in place, into up to 1024 buckets
//   fits the buffer          scattered through it into up to 256 buckets
//   fits the first cache     scattered into about one bucket per record, then insertion sort over
//                            all of it, where a record moves within its bucket only
//
// American flag sort: McIlroy, Bostic and McIlroy, "Engineering radix sort", 1993.
// Only the bits that differ count, in each bucket again. Records that have all numbers in common
// are left to std::sort, or as they are when Less orders by nothing else. Memory: the buffer, and
// some 16 KiB of stack for each of at most eight passes a number.
template <class T, class Less, class Numbers>
class NumberSort {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  // The buffer is larger than kLeafBytes and aligned for T.
  NumberSort(const Less& less, const Numbers& numbers, std::span<std::byte> buffer)
      : less_(less), numbers_(numbers), buffer_(buffer) {}

  // Records that have the numbers before the N-th in common.
  template <unsigned N = 0>
  void sort(std::span<T> records) {
    if (records.size() <= kFew) return insert(records);
    if constexpr (N < Numbers::kCount) {
      sort_by<N>(records);
    } else if constexpr (!kNumbersAreAll) {
      std::sort(records.begin(), records.end(), less_);
    }
  }

  static constexpr std::size_t kLeafBytes = std::size_t{32} << 10;  // of the first cache

 private:
  static constexpr bool kNumbersAreAll = requires { requires Less::kNothingElse; };

  template <unsigned N>
  void sort_by(std::span<T> records) {
    u64 low = UINT64_MAX;
    u64 high = 0;
    for (const T& record : records) {
      const u64 number = numbers_.template of<N>(record);
      low = std::min(low, number);
      high = std::max(high, number);
    }
    if (low == high) return sort<N + 1>(records);
    const auto width = static_cast<unsigned>(std::bit_width(high - low));
    if (records.size_bytes() <= kLeafBytes) {
      const auto bits = static_cast<unsigned>(std::bit_width(records.size())) - 1;
      scatter<N, kLeafBytes / sizeof(u64)>(records, {low, width, bits});
      insert(records);
    } else if (records.size_bytes() <= buffer_.size()) {
      scatter<N, 256>(records, {low, width, 8});
    } else {
      permute<N>(records, {low, width, 10});
    }
  }

  static constexpr std::size_t kFew = 16;  // not worth a pass

  // The bits of a number that choose its bucket.
  struct Digit {
    Digit(u64 smallest, unsigned width, unsigned bits)
        : low(smallest),
          shift(width > bits ? width - bits : 0),
          buckets(u64{1} << std::min(width, bits)) {}
    u64 low;
    unsigned shift;
    std::size_t buckets;
  };
  template <unsigned N>
  [[nodiscard]] std::size_t bucket_of(const T& record, const Digit& digit) const {
    return (numbers_.template of<N>(record) - digit.low) >> digit.shift;
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

  template <unsigned N, std::size_t kMostBuckets>
  void scatter(std::span<T> records, const Digit& digit) {
    std::array<u32, kMostBuckets> ends;
    std::fill_n(ends.begin(), digit.buckets, 0);
    for (const T& record : records) ++ends[bucket_of<N>(record, digit)];
    u32 before = 0;
    for (std::size_t b = 0; b < digit.buckets; ++b) before += std::exchange(ends[b], before);
    T* scattered = reinterpret_cast<T*>(buffer_.data());
    for (const T& record : records) scattered[ends[bucket_of<N>(record, digit)]++] = record;
    std::memcpy(static_cast<void*>(records.data()), scattered, records.size_bytes());
    sort_buckets<N>(records, std::span(ends).first(digit.buckets));
  }

  // Where the next record of a bucket goes: the processor does not foresee a thousand places.
  static void prefetch(const T* record) {
    constexpr std::size_t kLine = 64;
    const auto* bytes = reinterpret_cast<const std::byte*>(record);
    for (std::size_t at = 0; at < std::min(sizeof(T), 4 * kLine); at += kLine) {
      __builtin_prefetch(bytes + at, 1);
    }
  }

  template <unsigned N>
  void permute(std::span<T> records, const Digit& digit) {
    std::array<std::size_t, 1024> ends;
    std::array<std::size_t, 1024> next;
    std::fill_n(ends.begin(), digit.buckets, 0);
    for (const T& record : records) ++ends[bucket_of<N>(record, digit)];
    for (std::size_t b = 0, at = 0; b < digit.buckets; ++b) {
      next[b] = at;
      ends[b] = at += ends[b];
    }
    for (std::size_t b = 0; b < digit.buckets; ++b) {
      while (next[b] < ends[b]) {
        // Carries the record to where it belongs, and whatever stood there on, until one belongs
        // here.
        T carried = records[next[b]];
        for (std::size_t to = bucket_of<N>(carried, digit); to != b;) {
          T* place = records.data() + next[to];
          std::size_t there = bucket_of<N>(*place, digit);
          // Past those that are at home. One is not: its place is the carried one's.
          for (; there == to; there = bucket_of<N>(*place, digit)) ++place;
          std::swap(carried, *place);
          next[to] = static_cast<std::size_t>(place - records.data()) + 1;
          prefetch(place + 1);
          to = there;
        }
        records[next[b]++] = carried;
      }
    }
    sort_buckets<N>(records, std::span(ends).first(digit.buckets));
  }

  // What is small in the leaf is left to its insertion sort.
  template <unsigned N, class Number>
  void sort_buckets(std::span<T> records, std::span<Number> ends) {
    const bool leaf = records.size_bytes() <= kLeafBytes;
    for (std::size_t b = 0, begin = 0; b < ends.size(); begin = ends[b++]) {
      if (leaf && ends[b] - begin <= kFew) continue;
      sort<N>(records.subspan(begin, ends[b] - begin));
    }
  }

  const Less& less_;
  const Numbers& numbers_;
  std::span<std::byte> buffer_;
};

// Memory: a buffer of at most `buffer_bytes`, at least NumberSort::kLeafBytes.
template <class T, class Less, class Numbers>
void sort_by_numbers(std::span<T> records, const Less& less, const Numbers& numbers,
                     std::size_t buffer_bytes) {
  using Sort = NumberSort<T, Less, Numbers>;
  const std::size_t bytes =
      std::max(Sort::kLeafBytes, std::min(buffer_bytes, records.size_bytes()));
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(bytes);  // aligned for any T here
  Sort(less, numbers, {buffer.get(), bytes}).sort(records);
}

// The same with `leading(record)`: u64.
template <class T, class Less, class Leading>
void sort_by_leading(std::span<T> records, const Less& less, const Leading& leading,
                     std::size_t buffer_bytes) {
  sort_by_numbers(records, less, OneNumber<T, const Leading&>{leading}, buffer_bytes);
}

template <class T, class Less>
void sort_records(std::span<T> records, const Less& less, std::size_t buffer_bytes) {
  // Many sequences arise in order.
  if (std::is_sorted(records.begin(), records.end(), less)) return;
  if constexpr (NamesLeading<Less, T>) {
    sort_by_numbers(records, less, LessNumbers<T, Less>{less}, buffer_bytes);
  } else if constexpr (HasLeading<T>) {
    sort_by_numbers(records, less, RecordNumbers<T>{}, buffer_bytes);
  } else if constexpr (std::same_as<T, u64> && std::same_as<Less, std::less<u64>>) {
    sort_by_leading(
        records, less, [](u64 record) { return record; }, buffer_bytes);
  } else {
    std::sort(records.begin(), records.end(), less);
  }
}

}  // namespace shardmill

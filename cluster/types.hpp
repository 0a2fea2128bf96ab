// Strong types and the one checked narrowing function.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <utility>

#include "cluster/error.hpp"

namespace shardmill {

using u8 = std::uint8_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;
using i32 = std::int32_t;
using i128 = __int128;
using u128 = unsigned __int128;

// A process of the run: 0 .. size-1.
struct Rank {
  u32 value = 0;
  auto operator<=>(const Rank&) const = default;
};

// An amount of memory or disk.
struct Bytes {
  u64 value = 0;
  auto operator<=>(const Bytes&) const = default;
};
constexpr Bytes operator""_KiB(unsigned long long n) { return {n << 10}; }
constexpr Bytes operator""_MiB(unsigned long long n) { return {n << 20}; }

// Converts between integer types; throws InternalError when the value does not fit.
template <std::integral To, std::integral From>
constexpr To narrow(From value) {
  if (!std::in_range<To>(value)) {
    throw InternalError("a count of " + std::to_string(value) + " does not fit its type");
  }
  return static_cast<To>(value);
}

// Gives the memory of a string or vector back. `container = {}` assigns an empty list and keeps it.
template <class Container>
void release(Container& container) {
  Container().swap(container);
}

}  // namespace shardmill

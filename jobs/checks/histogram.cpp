#include "jobs/checks/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace shardmill {
namespace {

constexpr double kSmallest = 0x1p-64;
constexpr double kLargest = 0x1p64;
constexpr u32 kCleared = 52 - 7;

}  // namespace

double cell_of(double number) {
  if (!std::isfinite(number)) throw InternalError("a cell of a number that is not finite");
  if (std::abs(number) < kSmallest) return 0;
  const u64 bits = std::bit_cast<u64>(std::clamp(number, -kLargest, kLargest));
  return std::bit_cast<double>(bits >> kCleared << kCleared);
}

u64 total(const Histogram& histogram) {
  u64 sum = 0;
  for (const auto& [cell, count] : histogram) sum += count;
  return sum;
}

double quantile(const Histogram& histogram, Decimal q) {
  const u128 n = total(histogram);
  // The first cell up to which there are q · n numbers, and at least one.
  u64 seen = 0;
  for (const auto& [cell, count] : histogram) {
    seen += count;
    if (static_cast<u128>(seen) * q.denominator >= n * static_cast<u64>(q.numerator)) return cell;
  }
  throw InternalError("a quantile of nothing");
}

}  // namespace shardmill

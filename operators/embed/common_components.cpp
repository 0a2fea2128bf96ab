#include "operators/embed/common_components.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/hash/hash.hpp"

namespace shardmill {
namespace {

template <class T>
double dot(std::span<const T> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

// row - amount · direction
void subtract(std::span<float> row, double amount, std::span<const double> direction) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i] = static_cast<float>(static_cast<double>(row[i]) - amount * direction[i]);
  }
}

// sum + amount · row
void add(std::span<double> sum, double amount, std::span<const float> row) {
  for (std::size_t i = 0; i < row.size(); ++i) sum[i] += amount * static_cast<double>(row[i]);
}

}  // namespace

void remove_common_components(std::span<float> numbers, std::size_t dimensions,
                              std::span<const double> shares, u32 components) {
  const auto row = [&](std::size_t r) { return numbers.subspan(r * dimensions, dimensions); };
  std::vector<double> direction(dimensions);
  std::vector<double> sum(dimensions);
  double total = 0;
  for (std::size_t r = 0; r < shares.size(); ++r) {
    total += shares[r];
    add(sum, shares[r], row(r));
  }
  for (double& x : sum) x /= total;
  for (std::size_t r = 0; r < shares.size(); ++r) subtract(row(r), 1, sum);
  for (u32 c = 0; c < components; ++c) {
    // From -1 to 1, of no pattern: no direction of a table is at a right angle to it.
    for (std::size_t i = 0; i < dimensions; ++i) {
      direction[i] =
          static_cast<double>(static_cast<i64>(mix64(i + 1) >> 12) - (i64{1} << 51)) / 0x1p51;
    }
    for (u32 round = 0; round < kRounds; ++round) {
      std::fill(sum.begin(), sum.end(), 0.0);
      for (std::size_t r = 0; r < shares.size(); ++r) {
        add(sum, shares[r] * dot<float>(row(r), direction), row(r));
      }
      const double length = std::sqrt(dot<double>(sum, sum));
      if (length == 0) return;  // nothing is left
      for (std::size_t i = 0; i < dimensions; ++i) direction[i] = sum[i] / length;
    }
    for (std::size_t r = 0; r < shares.size(); ++r) {
      subtract(row(r), dot<float>(row(r), direction), direction);
    }
  }
}

}  // namespace shardmill

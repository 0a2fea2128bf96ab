#include "operators/nearest/cosine.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace shardmill {
namespace {

template <class T>
bool normalise(std::span<const T> vector, std::span<float> out) {
  double squares = 0;
  for (const T x : vector) squares += static_cast<double>(x) * static_cast<double>(x);
  if (squares == 0) return false;
  const double norm = std::sqrt(squares);
  for (std::size_t i = 0; i < vector.size(); ++i) {
    out[i] = static_cast<float>(static_cast<double>(vector[i]) / norm);
  }
  return true;
}

}  // namespace

bool make_unit(std::span<float> vector) { return normalise<float>(vector, vector); }

bool unit_of(std::span<const i64> sums, std::span<float> out) { return normalise(sums, out); }

double cosine(std::span<const float> a, std::span<const float> b) {
  std::array<double, 4> sums{};
  const std::size_t whole = a.size() / 4 * 4;
  for (std::size_t i = 0; i < whole; i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      sums[lane] += static_cast<double>(a[i + lane]) * static_cast<double>(b[i + lane]);
    }
  }
  for (std::size_t i = whole; i < a.size(); ++i) {
    sums[i - whole] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

i64 millionths(double cosine) {
  constexpr auto kWhole = static_cast<double>(kMillion);
  // The product is rounded, and may be on the other side of a whole number.
  double number = std::floor(cosine * kWhole) + 1;
  while (number / kWhole > cosine) --number;
  return std::min(static_cast<i64>(number), static_cast<i64>(kMillion));
}

u64 farness(double cosine) {
  // Of positive doubles a larger one has larger bits, of negative ones smaller bits.
  const u64 bits = std::bit_cast<u64>(cosine == 0 ? 0.0 : cosine);
  return (bits >> 63) != 0 ? bits : ~bits & ~(u64{1} << 63);
}

double cosine_of(u64 farness) {
  return std::bit_cast<double>((farness >> 63) != 0 ? farness : ~farness & ~(u64{1} << 63));
}

double float_error(std::size_t dimensions) {
  constexpr double kRoom = 16;
  return (static_cast<double>(dimensions) + kRoom) * 0x1p-23;
}

}  // namespace shardmill

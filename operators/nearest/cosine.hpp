// Unit vectors and their cosines, the same bits on every machine.
#pragma once

#include <span>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// Scores that decide are whole millionths.
inline constexpr u64 kMillion = 1'000'000;

// Makes the vector one of unit length: the norm is the square root of the sum of squares, in double
// in order of components; each is divided by it in double and rounded to float32. False, and as it
// was, for a vector of zeros.
[[nodiscard]] bool make_unit(std::span<float> vector);
// The same for sums, in units that do not matter; `out` is as long as they are.
[[nodiscard]] bool unit_of(std::span<const i64> sums, std::span<float> out);

// Of two unit vectors of one length: four sums in double, each over every fourth product in order
// of components, then (0 + 1) + (2 + 3). A product of two floats is exact in double, so a fused
// multiply-add changes nothing.
[[nodiscard]] double cosine(std::span<const float> a, std::span<const float> b);

// The largest whole number, at most 10^6, that divided by 10^6 is not above the cosine: it reaches
// a threshold of six decimals exactly when the cosine reaches the double nearest to that.
[[nodiscard]] i64 millionths(double cosine);

// A number that sorts like the distance: the nearer, the smaller. And back; -0 is 0.
[[nodiscard]] u64 farness(double cosine);
[[nodiscard]] double cosine_of(u64 farness);

// How far a float32 inner product of two unit vectors, computed in any order, may be from their
// cosine(). The error is at most n u / (1 - n u) with u = 2^-24 (Higham, Accuracy and Stability of
// Numerical Algorithms, 2002, section 3.1), n the dimensions; twice that leaves room for norms that
// are not quite one, for rounding a threshold to float and for what was smaller than floats are.
[[nodiscard]] double float_error(std::size_t dimensions);

}  // namespace shardmill

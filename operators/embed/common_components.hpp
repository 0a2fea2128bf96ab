// What all vectors have in common, and how to take it out of them.
#pragma once

#include <span>

#include "cluster/types.hpp"

namespace shardmill {

// Mu and Viswanath, "All-but-the-top: simple and effective postprocessing for word
// representations", 2018: takes the mean out of all vectors (rows of `numbers`, each of
// `dimensions`), and then, one after the other, `components` directions in which they differ most.
// `shares` says how much a row counts in the mean and in the directions.
//
// A direction is the power iteration's after so many rounds, not the eigenvector: sums are in
// double in order of rows and numbers, so it is the same on every machine. After the mean and after
// each direction, numbers are rounded to float32, and may be infinite then. Takes 2 · kRounds ·
// components operations a number; memory: two vectors.
inline constexpr u32 kRounds = 32;
void remove_common_components(std::span<float> numbers, std::size_t dimensions,
                              std::span<const double> shares, u32 components);

}  // namespace shardmill

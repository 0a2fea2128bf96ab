// How far two distributions are from each other.
#pragma once

#include <optional>
#include <string>

#include "jobs/checks/column_profile.hpp"

namespace shardmill {

// In millionths, rounded; nothing when one of the two has no values to compare. `measure`:
//
// js   Jensen-Shannon divergence in bits, 0 to 1 (Lin, Divergence Measures Based on the Shannon
//      Entropy, 1991)
// psi  population stability index, the sum of (p - q) ln(p / q), with half a document added to each
//      bin of both
// ks   Kolmogorov-Smirnov distance, the largest difference of the two distribution functions
//
// Numbers and lengths are those of cells (histogram.hpp). js and psi compare what is between the
// deciles of `before`; of a column without numbers in both, the values themselves, unless one has
// too many: then lengths. ks is always of numbers or lengths.
[[nodiscard]] std::optional<u64> drift(const ColumnProfile& now, const ColumnProfile& before,
                                       const std::string& measure);

}  // namespace shardmill

// Numbers counted in cells of 1 part in 128: small, mergeable, and the same in whatever order.
#pragma once

#include <map>

#include "cluster/types.hpp"
#include "engine/plan/decimal.hpp"

namespace shardmill {

// A cell is named by its number that is nearest to zero. At most 2 · 128 · 128 cells and zero.
using Histogram = std::map<double, u64>;

// The cell of a number: it with the last 45 of its 52 bits behind the point cleared, at most 1/128
// nearer to zero, and exact for whole numbers up to 256. Below 2^-64 zero; at most 2^64. Finite.
[[nodiscard]] double cell_of(double number);

[[nodiscard]] u64 total(const Histogram& histogram);

// The cell of the number that is at place ceil(q · n) in ascending order (the first, for q = 0).
// Since cells keep the order, it is the cell of the exact quantile. Of at least one number.
[[nodiscard]] double quantile(const Histogram& histogram, Decimal q);

}  // namespace shardmill

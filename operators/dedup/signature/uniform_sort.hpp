// Sorting of values that are spread evenly over 64 bits, as hashes are.
#pragma once

#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// Ascending. One pass deals the values out by their top bits into about as many buckets as there
// are values, then insertion finishes what is nearly sorted: O(n) for hashes, O(n log n)
// at worst. `scratch` keeps memory for the next call.
void sort_uniform(std::vector<u64>& values, std::vector<u64>& scratch);

}  // namespace shardmill

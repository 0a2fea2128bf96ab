// The items of benchmarks that a job says drop nothing.
#pragma once

#include <string>
#include <vector>

#include "operators/contamination/item_index.hpp"

namespace shardmill {

// The searchable items with one of these names (BENCHMARK/ID), ascending: any name of an item will
// do, not only its first. Throws DataError, beginning with `step`, for the first name that no item
// has, not even one that cannot be searched; the nearest is named.
[[nodiscard]] std::vector<u32> exempt_items(const std::string& step, const ItemIndex& index,
                                            const std::vector<std::string>& names);

}  // namespace shardmill

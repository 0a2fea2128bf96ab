// Where the values of a JSON object stand in its text.
#pragma once

#include <string_view>
#include <vector>

namespace shardmill {

// Appends to `slices` the raw text, without surrounding whitespace, of the first `count` values of
// the object. `object` must be valid JSON with at least so many members: it is not checked again.
void slice_values(std::string_view object, std::size_t count,
                  std::vector<std::string_view>& slices);

}  // namespace shardmill

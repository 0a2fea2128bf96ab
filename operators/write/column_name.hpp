// Column names as HDF5 can hold them.
#pragma once

#include <string>
#include <string_view>

namespace shardmill {

// HDF5 takes "/" for a path and "." for the group itself. Percent-encoded here: "/", "%", control
// bytes (below 0x20, 0x7f), a leading ".", and the "." of a final ".valid", which is the name of a
// column's validity; the empty name is "%". Different names stay different.
[[nodiscard]] std::string hdf5_name(std::string_view column);

// The dataset that says which rows of a numeric column are there.
inline constexpr std::string_view kValidSuffix = ".valid";

}  // namespace shardmill

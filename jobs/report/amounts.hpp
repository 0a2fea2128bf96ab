// Numbers and names as reports write them.
#pragma once

#include <string>
#include <string_view>

#include "cluster/types.hpp"

namespace shardmill {

// "1,234,567"
[[nodiscard]] std::string grouped(u64 n);
// "12.3 %"; "-" of nothing. Never "0.0 %" or "100.0 %" for a share that is not: "< 0.1 %".
[[nodiscard]] std::string percent(u64 part, u64 whole);
// "4.27", rounded; "-" of nothing.
[[nodiscard]] std::string ratio(u64 part, u64 whole);
// "1.2 GiB"
[[nodiscard]] std::string bytes_text(u64 bytes);
// "98.1 MB/s": decimal, as rates are.
[[nodiscard]] std::string rate_text(double bytes_per_second);

// Columns that a terminal gives a UTF-8 text: two for wide East Asian characters.
[[nodiscard]] std::size_t columns_of(std::string_view text);
// Cut to so many columns, with "..." at the end when something is cut.
[[nodiscard]] std::string clipped(std::string_view text, std::size_t columns);
[[nodiscard]] std::string left(std::string_view text, std::size_t columns);
[[nodiscard]] std::string right(std::string_view text, std::size_t columns);

}  // namespace shardmill

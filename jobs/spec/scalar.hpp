// Numbers as people write them, on the command line and in job files. Strict: nothing is guessed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cluster/types.hpp"

namespace shardmill {

// An integer in i64 without "+" and leading zeros; nothing for any other text.
[[nodiscard]] std::optional<i64> parse_integer(std::string_view text);

// A number of bytes: a plain integer or one followed by KiB, MiB, GiB or TiB; below 2^63.
[[nodiscard]] std::optional<Bytes> parse_bytes(std::string_view text);

// The largest unit that divides the amount: "64MiB", "1000".
[[nodiscard]] std::string bytes_text(Bytes bytes);

}  // namespace shardmill

// The letters that GPT-2 writes bytes as, so that its files are text (Radford and others 2019,
// encoder.py, bytes_to_unicode).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shardmill {

// A byte that is printable in Latin-1 is that character; the others are U+0100, 0101, … in their
// order. Nothing when the text has any other character.
[[nodiscard]] std::optional<std::string> bytes_of_letters(std::string_view text);

}  // namespace shardmill

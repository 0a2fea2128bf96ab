// How long a text is, in the units that filters and the report speak of.
#pragma once

#include <string_view>

#include "operators/text/word_scanner.hpp"

namespace shardmill {

// Code points of valid UTF-8.
[[nodiscard]] u64 count_code_points(std::string_view text);

// Words as near-duplicates see them (word_scanner.hpp); the scanner lends its buffers.
[[nodiscard]] u64 count_words(std::string_view text, WordScanner& scanner);

}  // namespace shardmill

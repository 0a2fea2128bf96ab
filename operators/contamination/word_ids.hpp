// The words of a text as numbers that say whether they are numbers.
#pragma once

#include <string_view>
#include <vector>

#include "operators/text/word_places.hpp"

namespace shardmill {

// Appends the id of each word of `text`, in order: XXH3-64 of the word with its lowest bit saying
// whether it begins with a digit 0 to 9. `text` is scanned in pieces: what it takes beside the ids
// is bounded. `places`, if given, is replaced by those of the pieces.
void append_word_ids(std::string_view text, WordScanner& scanner, std::vector<u64>& ids,
                     std::vector<PiecePlace>* places = nullptr);

[[nodiscard]] constexpr bool is_number(u64 word_id) { return (word_id & 1) != 0; }

}  // namespace shardmill

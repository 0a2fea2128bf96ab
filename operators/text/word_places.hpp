// Where the words of a text stand in it.
#pragma once

#include <span>
#include <string_view>

#include "cluster/types.hpp"
#include "operators/text/word_scanner.hpp"

namespace shardmill {

// Words [begin, end) of a text.
struct WordSpan {
  u32 begin = 0;
  u32 end = 0;
};

// Where a piece of a text begins, and how many words stand before it.
struct PiecePlace {
  u64 word = 0;
  u64 byte = 0;
};

// Where words [span.begin, span.end) of `text` stand: the shortest part of it, in bytes, that has
// exactly these words, with all before in front of it and all after behind it.
struct ByteSpan {
  u64 begin = 0;
  u64 end = 0;
};
// `places`: of pieces (word_pieces.hpp) of the text, in order; without, all that stands before is
// scanned.
[[nodiscard]] ByteSpan bytes_of(WordSpan span, std::string_view text, WordScanner& scanner,
                                std::span<const PiecePlace> places = {});

}  // namespace shardmill

// Cutting a long text where words end, so that what is computed from words needs memory for a piece
// and not for the text.
#pragma once

#include <cstddef>
#include <string_view>

namespace shardmill {

// Bytes of a piece, at least: what its words take fits the cache.
inline constexpr std::size_t kWordPiece = std::size_t{64} << 10;

// Bytes of the first piece of `text`, valid UTF-8, of at least `least` bytes unless the text ends:
// behind them no word of the hash text goes on and nothing composes with what precedes, so words of
// the piece and of the rest are the words of the whole. A text of letters alone, of a script with
// spaces, is one piece.
[[nodiscard]] std::size_t word_piece(std::string_view text, std::size_t least = kWordPiece);

}  // namespace shardmill

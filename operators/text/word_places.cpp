#include "operators/text/word_places.hpp"

#include <algorithm>
#include <iterator>

#include "operators/text/word_pieces.hpp"

namespace shardmill {

ByteSpan bytes_of(WordSpan span, std::string_view text, WordScanner& scanner,
                  std::span<const PiecePlace> places) {
  // Where a piece is cut, no word goes on and nothing composes. Large ones are quick to pass over;
  // those of the least size have few words.
  ByteSpan found;
  u64 words = 0;  // before `at`
  std::size_t at = 0;
  const auto behind =
      std::upper_bound(places.begin(), places.end(), u64{span.begin},
                       [](u64 word, const PiecePlace& place) { return word < place.word; });
  if (behind != places.begin()) {
    words = std::prev(behind)->word;
    at = std::prev(behind)->byte;
  }
  for (const std::size_t least : {kWordPiece, std::size_t{512}}) {
    while (at < text.size()) {
      const std::string_view piece = text.substr(at, word_piece(text.substr(at), least));
      const u64 in_piece = scanner.scan(piece);
      if (words + in_piece > span.begin) break;
      words += in_piece;
      at += piece.size();
    }
  }
  bool begun = false;
  while (at < text.size() && words < span.end) {
    std::string_view piece = text.substr(at, word_piece(text.substr(at), 1));
    const u64 in_piece = scanner.scan(piece);
    if (!begun && words + in_piece > span.begin) {
      begun = true;
      found.begin = at;
      // What precedes the word may be cut off.
      const u64 wanted = in_piece - (span.begin - words);
      for (std::size_t skip = 1; skip < piece.size(); ++skip) {
        if ((static_cast<unsigned char>(piece[skip]) & 0xC0U) == 0x80U) continue;
        const bool apart = scanner.scan(piece.substr(0, skip)) == in_piece - wanted &&
                           scanner.scan(piece.substr(skip)) == wanted;
        if (apart) found.begin = at + skip;
      }
    }
    if (begun && words + in_piece >= span.end) {
      found.end = at + piece.size();
      const u64 wanted = span.end - words;
      for (std::size_t keep = piece.size() - 1; keep > 0; --keep) {
        if ((static_cast<unsigned char>(piece[keep]) & 0xC0U) == 0x80U) continue;
        const bool apart = scanner.scan(piece.substr(0, keep)) == wanted &&
                           scanner.scan(piece.substr(keep)) == in_piece - wanted;
        if (apart) found.end = at + keep;
      }
    }
    words += in_piece;
    at += piece.size();
  }
  return found;
}

}  // namespace shardmill

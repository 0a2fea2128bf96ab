#include "operators/embed/chunks.hpp"

#include "operators/text/word_pieces.hpp"
#include "operators/text/word_places.hpp"

namespace shardmill {
namespace {

// Bytes, about a hundred words: finding one of them takes a scan of all.
constexpr std::size_t kPiece = 512;

}  // namespace

void Chunker::append(std::string_view text, std::vector<std::string_view>& chunks) {
  begins_.assign(1, 0);
  ends_.clear();
  u64 next_begin = step_;  // the words that a chunk begins with and that stands behind one
  u64 next_end = words_;
  u64 words = 0;  // before `at`
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view piece = text.substr(at, word_piece(text.substr(at), kPiece));
    const u64 behind = words + scanner_.scan(piece);
    const auto place_of = [&](u64 word) {
      for (u32 i = narrow<u32>(word - words);; --i) {
        const std::size_t begin = bytes_of({i, i + 1}, piece, scanner_).begin;
        // No place is between two words that are one code point: ½.
        if (i == 0 || scanner_.scan(piece.substr(0, begin)) == i) return at + begin;
      }
    };
    for (; next_begin < behind; next_begin += step_) begins_.push_back(place_of(next_begin));
    for (; next_end < behind; next_end += step_) ends_.push_back(place_of(next_end));
    words = behind;
    at += piece.size();
  }
  scanner_.release_if_large();
  ends_.push_back(text.size());
  // A chunk that begins behind the first one that reaches the end is none.
  for (std::size_t i = 0; i < ends_.size(); ++i) {
    chunks.push_back(text.substr(begins_[i], ends_[i] - begins_[i]));
  }
}

}  // namespace shardmill

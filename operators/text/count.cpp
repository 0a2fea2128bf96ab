#include "operators/text/count.hpp"

#include <algorithm>

#include "operators/text/utf8.hpp"
#include "operators/text/word_pieces.hpp"

namespace shardmill {

u64 count_code_points(std::string_view text) {
  return static_cast<u64>(
      std::count_if(text.begin(), text.end(), [](char byte) { return !is_continuation(byte); }));
}

u64 count_words(std::string_view text, WordScanner& scanner) {
  u64 words = 0;
  while (!text.empty()) {
    const std::size_t piece = word_piece(text);
    words += scanner.scan(text.substr(0, piece));
    text.remove_prefix(piece);
  }
  scanner.release_if_large();
  return words;
}

}  // namespace shardmill

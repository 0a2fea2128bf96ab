#include "operators/contamination/word_ids.hpp"

#include <span>

#include "operators/text/word_pieces.hpp"

namespace shardmill {

void append_word_ids(std::string_view text, WordScanner& scanner, std::vector<u64>& ids,
                     std::vector<PiecePlace>* places) {
  const std::size_t first = ids.size();
  const std::size_t whole = text.size();
  if (places != nullptr) places->clear();
  while (!text.empty()) {
    const std::size_t piece = word_piece(text);
    const std::size_t begin = ids.size();
    if (places != nullptr) places->push_back({begin - first, whole - text.size()});
    ids.resize(begin + scanner.scan(text.substr(0, piece)));
    scanner.hash(std::span(ids).subspan(begin));
    for (std::size_t i = begin; i < ids.size(); ++i) {
      const char digit = scanner[i - begin].front();
      ids[i] = (ids[i] & ~u64{1}) | (digit >= '0' && digit <= '9' ? 1 : 0);
    }
    scanner.release_if_large();
    text.remove_prefix(piece);
  }
}

}  // namespace shardmill

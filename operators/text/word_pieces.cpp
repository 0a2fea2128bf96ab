#include "operators/text/word_pieces.hpp"

#include "operators/text/hash_text.hpp"
#include "operators/text/utf8.hpp"

namespace shardmill {

std::size_t word_piece(std::string_view text, std::size_t least) {
  for (std::size_t at = least; at < text.size(); ++at) {
    if (!is_continuation(text[at]) && begins_apart(code_point_at(&text[at]).value)) return at;
  }
  return text.size();
}

}  // namespace shardmill

#include "operators/text/word_pieces.hpp"

#include "operators/text/utf8.hpp"

namespace shardmill {
namespace {

bool ends_words(const char* at) {
  const auto byte = static_cast<unsigned char>(*at);
  if (byte < 0x80) {
    const unsigned char small = byte | 0x20;
    return !(small >= 'a' && small <= 'z') && !(byte >= '0' && byte <= '9');
  }
  if (byte < 0xe4 || byte > 0xe9) return false;
  const char32_t code_point = code_point_at(at).value;
  return code_point >= 0x4e00 && code_point < 0xa000;  // words by themselves, whatever is before
}

}  // namespace

std::size_t word_piece(std::string_view text, std::size_t least) {
  for (std::size_t at = least; at < text.size(); ++at) {
    if (ends_words(&text[at])) return at;
  }
  return text.size();
}

}  // namespace shardmill

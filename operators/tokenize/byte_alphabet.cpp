#include "operators/tokenize/byte_alphabet.hpp"

#include <array>

#include "operators/text/utf8.hpp"

namespace shardmill {
namespace {

constexpr int kNone = -1;
constexpr u32 kLetters = 324;  // U+0000 to U+0143

constexpr bool is_printable(u32 byte) {
  return (byte >= 0x21 && byte < 0x7F) || (byte >= 0xA1 && byte != 0xAD);
}

constexpr std::array<int, kLetters> kByteOf = [] {
  std::array<int, kLetters> table{};
  table.fill(kNone);
  u32 next = 256;
  for (u32 byte = 0; byte < 256; ++byte) {
    table[is_printable(byte) ? byte : next++] = static_cast<int>(byte);
  }
  return table;
}();

}  // namespace

std::optional<std::string> bytes_of_letters(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint letter = code_point_at(text.data() + at);
    if (letter.value >= kLetters || kByteOf[letter.value] == kNone) return std::nullopt;
    bytes += static_cast<char>(kByteOf[letter.value]);
    at += letter.length;
  }
  return bytes;
}

}  // namespace shardmill

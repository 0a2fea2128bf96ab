// Characters as the patterns of tokenizers see them.
#pragma once

#include <array>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// What a character is: one bit each, so that a set of kinds is a mask.
enum CharacterKind : u8 {
  kUpper = 1,     // general category Lu or Lt
  kLower = 2,     // Ll
  kCaseless = 4,  // Lm or Lo
  kMark = 8,      // M*
  kNumber = 16,   // N*
  kNewline = 32,  // U+000A, U+000D
  kSpace = 64,    // White_Space but these two
  kOther = 128,   // all else: punctuation, symbols, control, unassigned; bytes that are no UTF-8
};
inline constexpr u8 kLetter = kUpper | kLower | kCaseless;
inline constexpr u8 kWhite = kSpace | kNewline;

struct Character {
  u8 kind = 0;  // none at the end of the text
  u32 length = 0;
};

// Unicode 16 (category_ranges.inc), whatever the Unicode library at hand.
class CharacterKinds {
 public:
  CharacterKinds();
  // The one table of the process; built at the first call, about a millisecond.
  static const CharacterKinds& get();

  [[nodiscard]] u8 of(char32_t code_point) const {
    return kinds_[(u32{blocks_[code_point >> 8]} << 8) | (code_point & 0xff)];
  }
  // Of what is kOther: general category P* or S*.
  [[nodiscard]] bool is_symbol(char32_t code_point) const { return symbols_[code_point]; }
  // The character that begins at `at`. A byte that begins no well-formed sequence is a character of
  // its own.
  [[nodiscard]] Character at(const char* at, const char* end) const {
    if (at == end) return {};
    const u8 first = static_cast<u8>(*at);
    if (first < 0x80) return {ascii_[first], 1};
    return beyond_ascii(at, end);
  }

 private:
  [[nodiscard]] Character beyond_ascii(const char* at, const char* end) const;

  std::array<u8, 128> ascii_{};
  std::vector<u32> blocks_;  // one for each 256 code points
  std::vector<u8> kinds_;    // equal blocks stored once
  std::vector<bool> symbols_ = std::vector<bool>(0x110000);
};

}  // namespace shardmill

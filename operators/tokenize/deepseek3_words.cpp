#include "operators/tokenize/deepseek3_words.hpp"

#include "operators/tokenize/character.hpp"

namespace shardmill {
namespace {

constexpr bool is_ascii_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
constexpr bool is_ascii_symbol(char c) {
  return c > ' ' && c < '\x7F' && !is_ascii_letter(c) && (c < '0' || c > '9');
}

class Scanner {
 public:
  explicit Scanner(const char* end) : end_(end) {}

  [[nodiscard]] const char* word(const char* at) const {
    const Next first = next(at);
    // The first two expressions: "\\p{N}{1,3}", and runs of Chinese characters and kana.
    if (first.kind == number) return run(at, number, 3);
    if (first.kind == east_asian) return run(at, east_asian);
    // The third, whose alternatives follow, sees what is between such words as texts by themselves.
    if (is_ascii_symbol(*at) && at + 1 != end_ && is_ascii_letter(at[1]))
      return ascii_letters(at + 1);
    if (first.kind == letter) return run(at, letter);
    if (first.kind == space ||
        first.kind == other) {  // "[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
      const char* begin = at + first.length;
      if (const char* end = run(begin, letter); end != begin) return end;
    }
    const char* begin = *at == ' ' ? at + 1 : at;  // " ?[\\p{P}\\p{S}]+[\\r\\n]*"
    if (const char* end = run(begin, symbol); end != begin) return run(end, newline);
    if (first.kind == space || first.kind == newline) return white_space(at);
    return unmatched(at + first.length);
  }

 private:
  // What a character is to the three expressions.
  enum Kind : u8 { none, number, east_asian, letter, symbol, newline, space, other };
  struct Next {
    Kind kind = none;  // none at the end of the text
    u32 length = 0;
  };

  [[nodiscard]] Next next(const char* at) const {
    const Character here = kinds_.at(at, end_);
    if (here.length == 1) return {ascii(*at, here.kind), 1};
    if (here.length == 0) return {};
    const char32_t code_point = value(at, here.length);
    const bool is_east_asian = (code_point >= 0x4E00 && code_point <= 0x9FA5) ||
                               (code_point >= 0x3040 && code_point <= 0x30FF);
    if (is_east_asian) return {east_asian, here.length};
    if ((here.kind & (kLetter | kMark)) != 0) return {letter, here.length};
    if (here.kind == kNumber) return {number, here.length};
    if (here.kind == kSpace) return {space, here.length};
    return {kinds_.is_symbol(code_point) ? symbol : other, here.length};
  }
  // Also of a byte that is no UTF-8.
  static Kind ascii(char c, u8 kind) {
    if ((kind & kLetter) != 0) return letter;
    if (kind == kNumber) return number;
    if (kind == kNewline) return newline;
    if (kind == kSpace) return space;
    return is_ascii_symbol(c) ? symbol : other;
  }
  // Of a well-formed sequence of two bytes or more.
  static char32_t value(const char* at, u32 length) {
    char32_t bits = static_cast<u8>(*at) & (0x7Fu >> length);
    for (u32 i = 1; i < length; ++i) bits = bits << 6 | (static_cast<u8>(at[i]) & 0x3F);
    return bits;
  }

  [[nodiscard]] const char* run(const char* at, Kind kind, u64 most = UINT64_MAX) const {
    for (; most > 0; --most) {
      const Next here = next(at);
      if (here.kind != kind) break;
      at += here.length;
    }
    return at;
  }
  [[nodiscard]] const char* ascii_letters(const char* at) const {
    while (at != end_ && is_ascii_letter(*at)) ++at;
    return at;
  }

  // "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", where numbers and Chinese characters end the text.
  [[nodiscard]] const char* white_space(const char* at) const {
    const char* last = at;  // where the last character begins
    const char* behind_newline = nullptr;
    const char* end = at;
    Next here = next(end);
    for (; here.kind == space || here.kind == newline; here = next(end)) {
      last = end;
      end += here.length;
      if (here.kind == newline) behind_newline = end;
    }
    if (behind_newline != nullptr) return behind_newline;
    const bool ends = here.kind == none || here.kind == number || here.kind == east_asian;
    return ends || last == at ? end : last;
  }

  // What no expression matches stays together, up to where one does.
  [[nodiscard]] const char* unmatched(const char* at) const {
    for (;;) {
      const Next here = next(at);
      if (here.kind != other || next(at + here.length).kind == letter) return at;
      at += here.length;
    }
  }

  const CharacterKinds& kinds_ = CharacterKinds::get();
  const char* end_;
};

}  // namespace

std::size_t cut_deepseek3_words(const char* at, const char* end, std::span<const char*> ends) {
  const Scanner scanner(end);
  std::size_t count = 0;
  while (count < ends.size() && at != end) {
    at = scanner.word(at);
    ends[count++] = at;
  }
  return count;
}

}  // namespace shardmill

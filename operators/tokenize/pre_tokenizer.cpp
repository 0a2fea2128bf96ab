#include "operators/tokenize/pre_tokenizer.hpp"

#include <algorithm>
#include <array>

#include "operators/tokenize/character.hpp"
#include "operators/tokenize/deepseek3_words.hpp"

namespace shardmill {
namespace {

struct KnownRegex {
  std::string_view text;
  WordPattern pattern;
};

#define SHARDMILL_CL100K_WORDS R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|)"
#define SHARDMILL_O200K_WORDS                                   \
  R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*)"       \
  R"([\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)" \
  R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+)"       \
  R"([\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"

// As published.
constexpr KnownRegex kKnown[] = {
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
     WordPattern::gpt2},
    {SHARDMILL_CL100K_WORDS R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     WordPattern::cl100k},
    {SHARDMILL_CL100K_WORDS R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     WordPattern::qwen2},
    {SHARDMILL_O200K_WORDS R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     WordPattern::o200k},
};

constexpr std::array<std::string_view, 3> kDeepSeek3 = {
    R"(\p{N}{1,3})", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^)"
    "\r\n"
    R"(\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[)"
    "\r\n]*|"
    R"(\s*[)"
    "\r\n]+|"
    R"(\s+(?!\S)|\s+)"};

#undef SHARDMILL_CL100K_WORDS
#undef SHARDMILL_O200K_WORDS

// What comes where in the alternatives of a pattern; each function is one of them and returns where
// its match ends, or nullptr.
template <WordPattern kPattern>
class Scanner {
 public:
  explicit Scanner(const char* end) : end_(end) {}

  const char* word(const char* at) const {
    const Character first = character(at);
    if (kPattern == WordPattern::gpt2_digits && first.kind == kNumber) return at + first.length;
    if constexpr (kPattern == WordPattern::o200k) {
      if (const char* end = cased_word(at, first)) return contraction_end(end);
    } else {
      if (const char* end = contraction(at)) return end;
      if (const char* end = plain_word(at, first)) return end;
    }
    if (const char* end = digits(at, first)) return end;
    if (const char* end = symbols(at)) return end;
    return white_space(at);
  }

 private:
  static constexpr bool kLikeGpt2 =
      kPattern == WordPattern::gpt2 || kPattern == WordPattern::gpt2_digits;
  [[nodiscard]] Character character(const char* at) const {
    Character found = kinds_.at(at, end_);
    if (kPattern == WordPattern::gpt2_digits && found.length == 4 && is_new_digit({at, 4})) {
      found.kind = kNumber;
    }
    return found;
  }
  // U+11DE0 to U+11DE9, U+16FF4 to U+16FF6: digits are told by another library than the rest is,
  // which knows Unicode 17.
  static bool is_new_digit(std::string_view utf8) {
    return (utf8.starts_with("\xF0\x91\xB7") && utf8[3] >= '\xA0' && utf8[3] <= '\xA9') ||
           (utf8.starts_with("\xF0\x96\xBF") && utf8[3] >= '\xB4' && utf8[3] <= '\xB6');
  }

  // Behind the longest run of these kinds, at most so many characters.
  [[nodiscard]] const char* run(const char* at, u8 kinds, u64 most = UINT64_MAX) const {
    for (; most > 0; --most) {
      const Character next = character(at);
      if ((next.kind & kinds) == 0) break;
      at += next.length;
    }
    return at;
  }

  // 's 't 're 've 'm 'll 'd; but in GPT-2's pattern in either case, and then U+017F is an s too.
  [[nodiscard]] const char* contraction(const char* at) const {
    constexpr bool kAnyCase = !kLikeGpt2;
    if (*at != '\'') return nullptr;
    const auto letter = [this, at](int i) {
      if (end_ - at <= i) return '\0';
      return kAnyCase && at[i] >= 'A' && at[i] <= 'Z' ? static_cast<char>(at[i] + 32) : at[i];
    };
    const char first = letter(1);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
    const char second = letter(2);
    if ((first == 'r' || first == 'v') && second == 'e') return at + 3;
    if (first == 'l' && second == 'l') return at + 3;
    if (kAnyCase && first == '\xC5' && second == '\xBF') return at + 3;
    return nullptr;
  }
  [[nodiscard]] const char* contraction_end(const char* at) const {
    if (at == end_) return at;
    const char* end = contraction(at);
    return end != nullptr ? end : at;
  }

  // gpt2: " ?\p{L}+"; else "[^\r\n\p{L}\p{N}]?\p{L}+".
  [[nodiscard]] const char* plain_word(const char* at, Character first) const {
    if ((first.kind & kLetter) != 0) return run(at + first.length, kLetter);
    const bool prefix = kLikeGpt2 ? *at == ' ' : (first.kind & (kNewline | kNumber)) == 0;
    if (!prefix) return nullptr;
    const char* begin = at + first.length;
    const char* end = run(begin, kLetter);
    return end != begin ? end : nullptr;
  }

  // Let U be upper case, caseless or mark, L lower case, caseless or mark. A word is U*L+, or U+L*
  // if it cannot be, either behind one character that is no letter, number or newline, if there
  // is one. A mark may be that character or, if that leads nowhere, belong to the word.
  [[nodiscard]] const char* cased_word(const char* at, Character first) const {
    if ((first.kind & kLetter) != 0) {
      const char* capitals = nullptr;
      const char* end = ending_in_lower_case(at, &capitals);
      return end != nullptr ? end : capitals;
    }
    if ((first.kind & (kNewline | kNumber)) != 0) return nullptr;
    const char* begin = at + first.length;
    const char* capitals = nullptr;
    if (const char* end = ending_in_lower_case(begin, &capitals)) return end;
    if (first.kind == kMark) return begin;  // U*L+ without a prefix: the mark is all of it
    return capitals != begin ? capitals : nullptr;
  }
  // The end of U*L+ from here on, or nullptr. `capitals` becomes the end of U*.
  [[nodiscard]] const char* ending_in_lower_case(const char* at, const char** capitals) const {
    const char* last = nullptr;  // behind the last of U* that is in L as well
    for (;;) {
      const Character next = character(at);
      if ((next.kind & (kUpper | kCaseless | kMark)) == 0) {
        *capitals = at;
        // U* takes all it can; L+ needs one, which U* gives back if nothing else is there.
        return next.kind == kLower ? run(at + next.length, kLower | kCaseless | kMark) : last;
      }
      at += next.length;
      if (next.kind != kUpper) last = at;
    }
  }

  // gpt2: " ?\p{N}+"; else "\p{N}{1,3}" or "\p{N}".
  [[nodiscard]] const char* digits(const char* at, Character first) const {
    if constexpr (kPattern == WordPattern::gpt2_digits) return nullptr;  // word() has met them
    if constexpr (kPattern == WordPattern::gpt2) {
      const char* begin = *at == ' ' ? at + 1 : at;
      const char* end = run(begin, kNumber);
      return end != begin ? end : nullptr;
    }
    if (first.kind != kNumber) return nullptr;
    return run(at, kNumber, kPattern == WordPattern::qwen2 ? 1 : 3);
  }

  // " ?[^\s\p{L}\p{N}]+", and behind it newlines, in o200k slashes too; in gpt2 nothing.
  [[nodiscard]] const char* symbols(const char* at) const {
    const char* begin = *at == ' ' ? at + 1 : at;
    const char* end = run(begin, kOther | kMark);
    if (end == begin) return nullptr;
    if constexpr (kLikeGpt2) return end;
    while (end != end_ &&
           (*end == '\r' || *end == '\n' || (kPattern == WordPattern::o200k && *end == '/'))) {
      ++end;
    }
    return end;
  }

  // "\s*[\r\n]+" (not in gpt2): up to the last newline of the run. "\s+(?!\S)": all of it at the
  // end of the text, else all but the last character. "\s+": that one alone.
  [[nodiscard]] const char* white_space(const char* at) const {
    const char* last = at;  // where the last character begins
    const char* newline = nullptr;
    const char* end = at;
    for (;;) {
      const Character next = character(end);
      if ((next.kind & kWhite) == 0) break;
      last = end;
      end += next.length;
      if (next.kind == kNewline) newline = end;
    }
    if (!kLikeGpt2 && newline != nullptr) return newline;
    const bool ends = end == end_ || (kPattern == WordPattern::gpt2_digits &&
                                      character(end).kind == kNumber);  // of the text before it
    return ends || last == at ? end : last;
  }

  const CharacterKinds& kinds_ = CharacterKinds::get();
  const char* end_;
};

template <WordPattern kPattern>
std::size_t cut(const char* at, const char* end, std::span<const char*> ends) {
  const Scanner<kPattern> scanner(end);
  std::size_t count = 0;
  while (count < ends.size() && at != end) {
    at = scanner.word(at);
    ends[count++] = at;
  }
  return count;
}

}  // namespace

std::optional<WordPattern> word_pattern(std::span<const std::string> regexes) {
  if (std::equal(regexes.begin(), regexes.end(), kDeepSeek3.begin(), kDeepSeek3.end())) {
    return WordPattern::deepseek3;
  }
  for (const KnownRegex& known : kKnown) {
    if (regexes.size() == 1 && known.text == regexes[0]) return known.pattern;
  }
  return std::nullopt;
}

std::size_t cut_words(WordPattern pattern, const char* at, const char* end,
                      std::span<const char*> ends) {
  switch (pattern) {
    case WordPattern::gpt2:
      return cut<WordPattern::gpt2>(at, end, ends);
    case WordPattern::gpt2_digits:
      return cut<WordPattern::gpt2_digits>(at, end, ends);
    case WordPattern::cl100k:
      return cut<WordPattern::cl100k>(at, end, ends);
    case WordPattern::qwen2:
      return cut<WordPattern::qwen2>(at, end, ends);
    case WordPattern::o200k:
      return cut<WordPattern::o200k>(at, end, ends);
    case WordPattern::deepseek3:
      return cut_deepseek3_words(at, end, ends);
  }
  throw InternalError("no such pattern of words");
}

}  // namespace shardmill

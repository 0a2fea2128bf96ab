#include "operators/text/pattern.hpp"

#include <unicode/regex.h>
#include <unicode/unistr.h>

#include <algorithm>

namespace shardmill {
namespace {

// ICU counts a search in units of so many steps of its engine (rematch.cpp, TIMER_INITIAL_VALUE).
constexpr u64 kStepsOfUnit = 10'000;
constexpr u64 kStepsOfByte = 100;
constexpr u64 kStepsOfAny = 1'000'000;

icu::UnicodeString of_utf8(std::string_view text) {
  return icu::UnicodeString::fromUTF8({text.data(), narrow<int32_t>(text.size())});
}

// ICU's name of an error without its prefix, in words: U_REGEX_MISMATCHED_PAREN.
std::string words_of(UErrorCode status) {
  std::string name = u_errorName(status);
  if (name.starts_with("U_REGEX_")) name.erase(0, 8);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c == '_' ? ' ' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

}  // namespace

struct Pattern::Matcher {
  // The matcher only refers to the text.
  icu::UnicodeString text;
  std::unique_ptr<icu::RegexPattern> pattern;
  std::unique_ptr<icu::RegexMatcher> matcher;
};

std::string Pattern::fault(const std::string& text) {
  UErrorCode status = U_ZERO_ERROR;
  UParseError place{};
  const std::unique_ptr<icu::RegexPattern> pattern(
      icu::RegexPattern::compile(of_utf8(text), place, status));
  if (U_SUCCESS(status) != 0) return "";
  // The parser stands behind what it does not understand.
  const bool known = place.line <= 1 && place.offset > 0;
  return words_of(status) + (known ? " at character " + std::to_string(place.offset) : "");
}

Pattern::Pattern(const std::string& text) : matcher_(std::make_unique<Matcher>()) {
  UErrorCode status = U_ZERO_ERROR;
  UParseError place{};
  matcher_->pattern.reset(icu::RegexPattern::compile(of_utf8(text), place, status));
  if (U_SUCCESS(status) != 0) matcher_->matcher.reset(matcher_->pattern->matcher(status));
  if (U_FAILURE(status) != 0) {
    throw InternalError("the pattern `" + text + "`: " + words_of(status));
  }
}

Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Pattern::Found Pattern::search(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  matcher_->text = of_utf8(text);
  matcher_->matcher->reset(matcher_->text);
  const u64 units = (kStepsOfAny + kStepsOfByte * text.size()) / kStepsOfUnit;
  matcher_->matcher->setTimeLimit(narrow<int32_t>(units), status);
  const bool found = matcher_->matcher->find(status) != 0;
  if (status == U_REGEX_TIME_OUT || status == U_REGEX_STACK_OVERFLOW) return Found::gave_up;
  if (U_FAILURE(status) != 0) {
    throw InternalError("a pattern cannot be looked for: " + words_of(status));
  }
  return found ? Found::yes : Found::no;
}

}  // namespace shardmill

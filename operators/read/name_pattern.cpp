// Matching of one path component.
#include <optional>

#include "operators/read/glob.hpp"

namespace shardmill {
namespace {

// Takes the first character off `text`: a UTF-8 sequence, or one byte that starts none.
std::string_view take_character(std::string_view& text) {
  const u8 lead = static_cast<u8>(text[0]);
  std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  for (std::size_t i = 1; i < size; ++i) {
    if (i >= text.size() || (static_cast<u8>(text[i]) & 0xc0U) != 0x80) size = 1;
  }
  const std::string_view character = text.substr(0, size);
  text.remove_prefix(size);
  return character;
}

// Whether `character` is in the set that `pattern` begins with; then the set is taken off. Nothing
// when there is no closing bracket: then the bracket stands for itself. UTF-8 bytes sort like the
// code points they stand for.
std::optional<bool> in_set(std::string_view& pattern, std::string_view character) {
  std::string_view rest = pattern.substr(1);
  const bool negated = rest.starts_with('!');
  if (negated) rest.remove_prefix(1);
  bool found = false;
  for (bool first = true; !rest.empty(); first = false) {
    const std::string_view low = take_character(rest);
    if (low == "]" && !first) {
      pattern = rest;
      return found != negated;
    }
    std::string_view high = low;
    if (rest.size() > 1 && rest[0] == '-' && rest[1] != ']') {
      rest.remove_prefix(1);
      high = take_character(rest);
    }
    found = found || (low <= character && character <= high);
  }
  return std::nullopt;
}

}  // namespace

bool matches_name(std::string_view pattern, std::string_view name) {
  // Where to go on when something fails behind the last star: it takes one character more.
  std::string_view star_pattern;
  std::string_view star_name;
  bool starred = false;
  for (;;) {
    bool fits = false;
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      starred = true;
      star_pattern = pattern;
      star_name = name;
      continue;
    }
    if (name.empty()) {
      if (pattern.empty()) return true;
      return false;
    }
    if (!pattern.empty()) {
      const std::string_view character = take_character(name);
      std::optional<bool> set;
      if (pattern[0] == '[') set = in_set(pattern, character);
      if (set) {
        fits = *set;
      } else {
        const std::string_view wanted = take_character(pattern);
        fits = wanted == "?" || wanted == character;
      }
    }
    if (fits) continue;
    if (!starred || star_name.empty()) return false;
    take_character(star_name);
    name = star_name;
    pattern = star_pattern;
  }
}

}  // namespace shardmill

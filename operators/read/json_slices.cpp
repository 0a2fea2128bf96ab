#include "operators/read/json_slices.hpp"

#include <cstring>

namespace shardmill {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

const char* skip_space(const char* at) {
  while (is_space(*at)) ++at;
  return at;
}

// From the opening quote to behind the closing one: the first that an even number of backslashes
// precedes. Looking for quotes is fast, and long texts have few of them.
const char* skip_string(const char* at, const char* end) {
  const char* first = at + 1;
  const char* from = first;
  for (;;) {
    const char* quote =
        static_cast<const char*>(std::memchr(from, '"', static_cast<std::size_t>(end - from)));
    const char* backslash = quote;
    while (backslash > first && backslash[-1] == '\\') --backslash;
    if ((quote - backslash) % 2 == 0) return quote + 1;
    from = quote + 1;
  }
}

const char* skip_nested(const char* at, const char* end) {
  std::size_t depth = 0;
  for (;;) {
    switch (*at) {
      case '"':
        at = skip_string(at, end);
        continue;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth == 0) return at + 1;
        break;
      default:
        break;
    }
    ++at;
  }
}

const char* skip_value(const char* at, const char* end) {
  if (*at == '"') return skip_string(at, end);
  if (*at == '{' || *at == '[') return skip_nested(at, end);
  while (*at != ',' && *at != '}' && !is_space(*at)) ++at;
  return at;
}

}  // namespace

void slice_values(std::string_view object, std::size_t count,
                  std::vector<std::string_view>& slices) {
  const char* end = object.data() + object.size();
  const char* at = skip_space(object.data());
  for (; count > 0; --count) {
    // *at is the object's brace or the comma before the next member.
    at = skip_string(skip_space(at + 1), end);
    at = skip_space(skip_space(at) + 1);  // over the colon
    const char* behind = skip_value(at, end);
    slices.emplace_back(at, static_cast<std::size_t>(behind - at));
    at = skip_space(behind);
  }
}

}  // namespace shardmill

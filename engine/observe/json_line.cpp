#include "engine/observe/json_line.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace shardmill {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// What may follow a first byte (The Unicode Standard 15, table 3-7): how many bytes, and the range
// of the first of them, which excludes overlong forms, surrogates and what lies above U+10FFFF.
struct Following {
  std::size_t count;
  u8 low;
  u8 high;
};

std::optional<Following> following(u8 first) {
  if (first < 0x80) return Following{0, 0, 0};
  if (first >= 0xC2 && first <= 0xDF) return Following{1, 0x80, 0xBF};
  if (first == 0xE0) return Following{2, 0xA0, 0xBF};
  if (first == 0xED) return Following{2, 0x80, 0x9F};
  if (first >= 0xE1 && first <= 0xEF) return Following{2, 0x80, 0xBF};
  if (first == 0xF0) return Following{3, 0x90, 0xBF};
  if (first >= 0xF1 && first <= 0xF3) return Following{3, 0x80, 0xBF};
  if (first == 0xF4) return Following{3, 0x80, 0x8F};
  return std::nullopt;
}

// The character at the start of `text`, which is not empty: how many bytes belong together, and
// whether they are well-formed.
struct Sequence {
  std::size_t bytes;
  bool valid;
};

Sequence first_sequence(std::string_view text) {
  const auto rest = following(static_cast<u8>(text[0]));
  if (!rest) return {1, false};
  u8 low = rest->low;
  u8 high = rest->high;
  for (std::size_t i = 1; i <= rest->count; ++i) {
    if (i == text.size()) return {i, false};
    const u8 byte = static_cast<u8>(text[i]);
    if (byte < low || byte > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {rest->count + 1, true};
}

void append_ascii(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const u8 byte = static_cast<u8>(c);
  // DEL may stand in JSON, but not on a terminal that shows the log.
  if (byte >= 0x20 && byte != 0x7F) {
    out += c;
    return;
  }
  out += "\\u00";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const Sequence sequence = first_sequence(text);
    if (!sequence.valid) {
      out += kReplacement;
    } else if (sequence.bytes == 1) {
      append_ascii(out, text[0]);
    } else {
      out += text.substr(0, sequence.bytes);
    }
    text.remove_prefix(sequence.bytes);
  }
  return out + '"';
}

std::string json_number(double value) {
  if (!std::isfinite(value)) return "null";
  std::array<char, 32> digits{};  // the longest shortest form has 24 characters
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

JsonLine& JsonLine::add_json(std::string_view name, std::string_view json) {
  std::string free(name);
  while (!names_.insert(free).second) free += '_';
  if (text_.size() > 1) text_ += ',';
  text_ += json_string(free);
  text_ += ':';
  text_ += json;
  return *this;
}

JsonLine& JsonLine::add(std::string_view name, std::string_view value) {
  return add_json(name, json_string(value));
}

JsonLine& JsonLine::add(std::string_view name, u64 value) {
  return add_json(name, std::to_string(value));
}

JsonLine& JsonLine::add(std::string_view name, double value) {
  return add_json(name, json_number(value));
}

JsonLine& JsonLine::add(std::string_view name, std::optional<double> value) {
  return add_json(name, value ? json_number(*value) : "null");
}

}  // namespace shardmill

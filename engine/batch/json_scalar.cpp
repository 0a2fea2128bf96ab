#include "engine/batch/json_scalar.hpp"

#include <charconv>
#include <cstdlib>

namespace shardmill {
namespace {

std::optional<u32> hexadecimal4(std::string_view digits) {
  u32 value = 0;
  if (digits.size() < 4) return {};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + 4, value, 16);
  if (error != std::errc{} || end != digits.data() + 4) return {};
  return value;
}

void append_utf8(std::string& out, u32 point) {
  const auto tail = [point](unsigned shift) {
    return static_cast<char>(0x80 | ((point >> shift) & 0x3f));
  };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += {static_cast<char>(0xc0 | (point >> 6)), tail(0)};
  } else if (point < 0x10000) {
    out += {static_cast<char>(0xe0 | (point >> 12)), tail(6), tail(0)};
  } else {
    out += {static_cast<char>(0xf0 | (point >> 18)), tail(12), tail(6), tail(0)};
  }
}

std::size_t skip_digits(std::string_view text, std::size_t from) {
  while (from < text.size() && text[from] >= '0' && text[from] <= '9') ++from;
  return from;
}

}  // namespace

std::optional<std::string> decode_json_string(std::string_view json) {
  if (json.size() < 2 || json.front() != '"' || json.back() != '"') return {};
  json = json.substr(1, json.size() - 2);
  std::string result;
  result.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '"' || static_cast<u8>(json[i]) < 0x20) return {};
    if (json[i] != '\\') {
      result += json[i];
      continue;
    }
    if (++i == json.size()) return {};
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    if (const std::size_t name = kNames.find(json[i]); name != std::string_view::npos) {
      result += kMeant[name];
      continue;
    }
    if (json[i] != 'u') return {};
    auto point = hexadecimal4(json.substr(i + 1));
    if (!point) return {};
    i += 4;
    if (*point >= 0xd800 && *point < 0xdc00 && json.substr(i + 1).starts_with("\\u")) {
      const auto low = hexadecimal4(json.substr(i + 3));
      if (low && *low >= 0xdc00 && *low < 0xe000) {
        point = 0x10000 + ((*point - 0xd800) << 10) + (*low - 0xdc00);
        i += 6;
      }
    }
    append_utf8(result, *point);
  }
  return result;
}

std::optional<std::variant<i64, double>> decode_json_number(std::string_view json) {
  const std::size_t whole = json.starts_with('-') ? 1 : 0;
  std::size_t end = skip_digits(json, whole);
  if (end == whole || (json[whole] == '0' && end > whole + 1)) return {};
  const bool integer = end == json.size();
  if (end < json.size() && json[end] == '.') {
    const std::size_t fraction = end + 1;
    end = skip_digits(json, fraction);
    if (end == fraction) return {};
  }
  if (end < json.size() && (json[end] == 'e' || json[end] == 'E')) {
    std::size_t exponent = end + 1;
    if (exponent < json.size() && (json[exponent] == '+' || json[exponent] == '-')) ++exponent;
    end = skip_digits(json, exponent);
    if (end == exponent) return {};
  }
  if (end != json.size()) return {};
  if (integer) {
    i64 value = 0;
    const auto read = std::from_chars(json.data(), json.data() + json.size(), value);
    if (read.ec == std::errc{}) return value;
  }
  double value = 0;
  const auto read = std::from_chars(json.data(), json.data() + json.size(), value);
  // from_chars does not say which way a value left the range; strtod gives infinity or zero.
  if (read.ec != std::errc{}) value = std::strtod(std::string(json).c_str(), nullptr);
  return value;
}

}  // namespace shardmill

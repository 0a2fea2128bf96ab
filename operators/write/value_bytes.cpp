#include "operators/write/value_bytes.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "engine/batch/vector_value.hpp"

namespace shardmill {
namespace {

[[noreturn]] void refuse(Type type, std::string_view value) {
  throw InternalError("'" + std::string(value.substr(0, 64)) + "' is no value of type " +
                      type_name(type));
}

template <typename Number>
bool parses(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stopped == end;
}

double double_of(std::string_view text) {
  double value = 0;
  if (!parses(text, value)) {
    // from_chars calls too small and too large the same; strtod tells them apart.
    const std::string copy(text);
    char* stopped = nullptr;
    value = std::strtod(copy.c_str(), &stopped);
    if (copy.empty() || stopped != copy.c_str() + copy.size()) refuse(Type::float64, text);
  }
  if (!std::isfinite(value)) refuse(Type::float64, text);
  // An integer literal is an integer first, and integers have no negative zero.
  return text == "-0" ? 0.0 : value;
}

template <typename Number>
std::string_view put(Number value, NumberBytes& bytes) {
  static_assert(sizeof(Number) == sizeof(NumberBytes));
  std::memcpy(bytes.data(), &value, sizeof value);
  return {bytes.data(), bytes.size()};
}

template <typename Number>
std::string shortest(std::string_view bytes) {
  Number value;
  std::memcpy(&value, bytes.data(), sizeof value);
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

std::string vector_text(std::string_view bytes) {
  if (bytes.empty() || bytes.size() % sizeof(float) != 0) {
    throw DataError("a value of type vector has " + std::to_string(bytes.size()) +
                    " bytes, expected some times " + std::to_string(sizeof(float)));
  }
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(float)) {
    text += at == 0 ? '[' : ',';
    text += shortest<float>(bytes.substr(at));
  }
  return text + "]";
}

}  // namespace

std::string_view value_bytes(Type type, std::string_view value, NumberBytes& number) {
  switch (type) {
    case Type::utf8:
    case Type::json:
      return value;
    case Type::int64: {
      i64 integer = 0;
      if (!parses(value, integer)) refuse(type, value);
      return put(integer, number);
    }
    case Type::float64:
      return put(double_of(value), number);
    case Type::boolean:
      if (value != "true" && value != "false") refuse(type, value);
      number[0] = value == "true" ? '\1' : '\0';
      return {number.data(), 1};
    case Type::vector:
      if (!is_vector(value)) refuse(type, value);
      return value.substr(1);
  }
  refuse(type, value);
}

std::string value_text(Type type, std::string_view bytes) {
  if (type == Type::utf8 || type == Type::json) return std::string(bytes);
  if (type == Type::vector) return vector_text(bytes);
  const std::size_t expected = type == Type::boolean ? 1 : 8;
  if (bytes.size() != expected) {
    throw DataError("a value of type " + std::string(type_name(type)) + " has " +
                    std::to_string(bytes.size()) + " bytes, expected " + std::to_string(expected));
  }
  if (type == Type::boolean) return bytes[0] != 0 ? "true" : "false";
  return type == Type::int64 ? shortest<i64>(bytes) : shortest<double>(bytes);
}

}  // namespace shardmill

#include "engine/batch/batch.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "engine/batch/vector_value.hpp"

namespace shardmill {
namespace {

// A JSON number: an integer literal is an int if int64 holds it; one with . e E is a float if
// float64 holds it (too small counts as zero, too large as "other").
u8 kind_of_number(std::string_view json) {
  if (json.find_first_of(".eE") == std::string_view::npos) {
    i64 value = 0;
    const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), value);
    return error == std::errc() && end == json.data() + json.size() ? kSeenInt : kSeenOther;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), value);
  if (error == std::errc()) return kSeenFloat;
  // from_chars reports both ends of the range alike; strtod tells them apart.
  return std::isfinite(std::strtod(std::string(json).c_str(), nullptr)) ? kSeenFloat : kSeenOther;
}

}  // namespace

const char* type_name(Type type) {
  switch (type) {
    case Type::utf8:
      return "utf8";
    case Type::json:
      return "json";
    case Type::int64:
      return "int64";
    case Type::float64:
      return "float64";
    case Type::boolean:
      return "bool";
    case Type::vector:
      return "vector";
  }
  throw InternalError("no column type has the number " + std::to_string(static_cast<int>(type)));
}

std::optional<Type> type_named(std::string_view name) {
  for (const Type type : kTypes) {
    if (name == type_name(type)) return type;
  }
  return std::nullopt;
}

Type type_of_seen(u8 seen) {
  switch (seen) {
    case 0:
    case kSeenString:
      return Type::utf8;
    case kSeenBool:
      return Type::boolean;
    case kSeenInt:
      return Type::int64;
    case kSeenFloat:
    case kSeenInt | kSeenFloat:
      return Type::float64;
    case kSeenVector:
      return Type::vector;
    default:
      if ((seen & kSeenVector) != 0) throw InternalError("a column of vectors and other values");
      return Type::json;
  }
}

u8 seen_of_type(Type type) {
  switch (type) {
    case Type::utf8:
      return kSeenString;
    case Type::json:
      return kSeenOther;
    case Type::int64:
      return kSeenInt;
    case Type::float64:
      return kSeenFloat;
    case Type::boolean:
      return kSeenBool;
    case Type::vector:
      return kSeenVector;
  }
  throw InternalError("no column type has the number " + std::to_string(static_cast<int>(type)));
}

u8 kind_of_json(std::string_view json) {
  if (json.empty()) throw InternalError("an empty string is not a JSON value");
  switch (json.front()) {
    case 'n':
      return 0;
    case 't':
    case 'f':
      return kSeenBool;
    case '"':
      return kSeenString;
    case '{':
    case '[':
      return kSeenOther;
    case kVectorMark:
      return kSeenVector;
    default:
      return kind_of_number(json);
  }
}

}  // namespace shardmill

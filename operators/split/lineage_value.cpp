#include "operators/split/lineage_value.hpp"

#include <cmath>
#include <variant>

#include "engine/batch/batch.hpp"
#include "engine/batch/json_scalar.hpp"
#include "operators/table/document_value.hpp"

namespace shardmill {
namespace {

constexpr u64 kText = 0;
constexpr u64 kFraction = 1;  // or beyond int64
constexpr double kTwoTo63 = 9223372036854775808.0;

}  // namespace

Hash128 LineageColumn::hash(u64 kind, std::string_view bytes) const {
  return Hasher128().add_field(name_).add_number(kind).add_field(bytes).digest();
}

Hash128 LineageColumn::of_text(std::string_view text) const {
  return text.empty() ? Hash128{} : hash(kText, text);
}

Hash128 LineageColumn::of_number(double number) const {
  if (std::trunc(number) == number && -kTwoTo63 <= number && number < kTwoTo63) {
    return of_text(std::to_string(static_cast<i64>(number)));
  }
  return hash(kFraction, {reinterpret_cast<const char*>(&number), sizeof number});
}

Hash128 LineageColumn::of_json(std::string_view json) {
  switch (kind_of_json(json)) {
    case 0:
      return {};
    case kSeenInt:  // -0 is 0
      return of_text(std::to_string(std::get<i64>(decode_json_number(json).value())));
    case kSeenFloat:
      return of_number(std::get<double>(decode_json_number(json).value()));
    default:
      return of_text(text_of_json(json, decoded_));
  }
}

}  // namespace shardmill

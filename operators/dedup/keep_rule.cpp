#include "operators/dedup/keep_rule.hpp"

#include <bit>
#include <charconv>
#include <optional>

#include "engine/batch/json_scalar.hpp"
#include "engine/batch/wire.hpp"
#include "operators/text/count.hpp"

namespace shardmill {
namespace {

// The bytes of a double that sort like its value; -0 and 0 are one value.
u64 sortable(double value) {
  const u64 bits = std::bit_cast<u64>(value == 0 ? 0.0 : value);
  return (bits >> 63) != 0 ? ~bits : bits | u64{1} << 63;
}

void append_number(std::string& out, char rank, u64 value) {
  out.push_back(rank);
  append_sortable(out, value);
  out.append(KeepRule::kCriterionBytes - 9, '\0');
}

void append_text(std::string& out, std::string_view value, bool descending) {
  constexpr std::size_t kHead = KeepRule::kCriterionBytes - 1;
  std::string head(value.substr(0, kHead));
  head.resize(kHead, '\0');
  if (descending) {
    for (char& c : head) c = static_cast<char>(~c);
  }
  out.push_back(2);
  out.append(head);
}

void append_json(std::string& out, std::string_view json, bool descending) {
  const u8 kind = kind_of_json(json);
  const bool big_integer = kind == kSeenOther && json.front() != '{' && json.front() != '[';
  if (kind == kSeenInt || kind == kSeenFloat || big_integer) {
    double value = 0;
    std::from_chars(json.data(), json.data() + json.size(), value);
    const u64 bits = sortable(value);
    append_number(out, 1, descending ? ~bits : bits);
  } else if (kind == kSeenString) {
    append_text(out, decode_json_string(json).value_or(""), descending);
  } else {
    append_number(out, 3, 0);
  }
}

}  // namespace

KeepRule::KeepRule(const std::vector<std::string>& criteria) {
  for (const std::string& text : criteria) {
    text_ += text + "\n";
    const std::size_t colon = text.find(':');
    const std::string name = text.substr(0, colon);
    What what = What::source;
    if (name == "longest") what = What::longest;
    if (name == "shortest") what = What::shortest;
    if (name == "newest" || name == "highest") what = What::highest;
    if (name == "lowest") what = What::lowest;
    criteria_.push_back({what, colon == std::string::npos ? "" : text.substr(colon + 1)});
  }
}

void KeepRule::append(const Batch& batch, std::size_t row, std::string& out) const {
  for (const Criterion& criterion : criteria_) {
    switch (criterion.what) {
      case What::source:
        append_number(out, 0, batch.source[row]);
        break;
      case What::longest:
        append_number(out, 0, ~count_code_points(batch.text[row]));
        break;
      case What::shortest:
        append_number(out, 0, count_code_points(batch.text[row]));
        break;
      case What::highest:
      case What::lowest: {
        const bool descending = criterion.what == What::highest;
        const Field* field = batch.field(criterion.column);
        if (criterion.column == "id") {
          append_text(out, batch.id[row], descending);
        } else if (criterion.column == "text") {
          append_text(out, batch.text[row], descending);
        } else if (field != nullptr && field->json.has(row)) {
          append_json(out, field->json[row], descending);
        } else {
          append_number(out, 3, 0);
        }
      }
    }
  }
}

}  // namespace shardmill

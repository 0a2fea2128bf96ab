#include "operators/table/document_value.hpp"

#include "engine/batch/json_scalar.hpp"

namespace shardmill {

DocumentValue::DocumentValue(const Batch& batch, const std::vector<std::string>& sources,
                             const std::string& column)
    : batch_(batch), sources_(sources), field_(batch.field(column)) {
  if (column == "id") what_ = What::id;
  if (column == "source") what_ = What::source;
  if (column == "text") what_ = What::text;
}

std::optional<std::string_view> DocumentValue::text(std::size_t row) {
  switch (what_) {
    case What::id:
      return batch_.id[row];
    case What::source:
      return sources_[batch_.source[row]];
    case What::text:
      return batch_.text[row];
    case What::field:
      if (const auto value = json(row)) return text_of_json(*value, decoded_);
  }
  return std::nullopt;
}

std::optional<std::string_view> DocumentValue::json(std::size_t row) const {
  if (what_ != What::field || field_ == nullptr || !field_->json.has(row)) return std::nullopt;
  return field_->json[row];
}

std::string_view text_of_json(std::string_view json, std::string& decoded) {
  if (json.front() != '"') return json;
  if (json.find('\\') == std::string_view::npos) return json.substr(1, json.size() - 2);
  decoded = decode_json_string(json).value();
  return decoded;
}

}  // namespace shardmill

#include "jobs/run/text_values.hpp"

#include <algorithm>
#include <unordered_map>

#include "engine/batch/json_scalar.hpp"
#include "jobs/run/text_cuts.hpp"

namespace shardmill {

std::size_t TextValues::position(const std::string& name) const {
  const auto column = std::lower_bound(
      schema_->begin(), schema_->end(), name,
      [](const ColumnSpec& a, const std::string& wanted) { return a.name < wanted; });
  if (column == schema_->end() || column->name != name) {
    throw InternalError("the shards have no column " + name);
  }
  return static_cast<std::size_t>(column - schema_->begin());
}

void TextValues::load(const Documents::Block& block, const Schema& schema) {
  schema_ = &schema;
  block.fragment.texts(block.number, texts_);
  block.fragment.fields(block.number, fields_);
  std::unordered_map<std::string_view, const Field*> by_name;
  for (const Field& field : fields_) by_name[field.name] = &field;
  columns_.assign(schema.size(), {});
  decoded_.resize(schema.size());
  for (std::size_t c = 0; c < schema.size(); ++c) {
    Column& column = columns_[c];
    if (schema[c].name == "id") column.what = What::id;
    if (schema[c].name == "source") column.what = What::source;
    if (schema[c].name == "text") column.what = What::text;
    if (column.what != What::field) continue;
    const auto field = by_name.find(schema[c].name);
    if (field != by_name.end()) column.field = field->second;
    column.is_string = schema[c].type == Type::utf8;
  }
  slots_.clear();
  for (const AddedColumns::Added& step : added_.steps()) {
    std::vector<std::size_t>& slots = slots_.emplace_back();
    for (const std::string& name : step.columns) slots.push_back(position(name));
  }
}

const std::vector<std::optional<std::string_view>>& TextValues::of(std::size_t row,
                                                                   std::string_view id,
                                                                   const DocEntry& entry,
                                                                   const Fate& fate) {
  values_.assign(columns_.size(), std::nullopt);
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    switch (columns_[c].what) {
      case What::id:
        values_[c] = id;
        break;
      case What::source:
        values_[c] = job_.sources[entry.source].settings.name;
        break;
      case What::text:
        values_[c] = texts_[row];
        if (const TextCuts cuts(fate); !cuts.empty()) values_[c] = cut_ = cuts.left(texts_[row]);
        break;
      case What::field:
        const Field* field = columns_[c].field;
        if (field != nullptr && field->json.has(row)) values_[c] = field->json[row];
    }
  }
  std::size_t step = 0;
  for (const AddedValues& added : fate.added) {
    while (added_.steps()[step].number != added.step) ++step;
    const bool replaces = added_.steps()[step].replaces;
    for (std::size_t i = 0; i < added.json.size(); ++i) {
      auto& value = values_[slots_[step][i]];
      if (added.json[i] && (replaces || !value)) value = added.json[i];
    }
  }
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (!columns_[c].is_string || !values_[c]) continue;
    decoded_[c] = decode_json_string(*values_[c]).value_or("");
    values_[c] = decoded_[c];
  }
  return values_;
}

}  // namespace shardmill

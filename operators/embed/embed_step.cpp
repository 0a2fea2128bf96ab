#include "operators/embed/embed_step.hpp"

#include <algorithm>

#include "engine/batch/vector_value.hpp"
#include "operators/embed/vector_sources.hpp"
#include "operators/nearest/cosine.hpp"

namespace shardmill {
EmbedStep::EmbedStep(const Settings& settings)
    : column_(settings.text("column")),
      replaced_(settings.has("of") ? settings.text("of") : ""),
      unit_length_(settings.boolean("normalize")),
      source_(vector_source(settings.text("from"), settings)) {}

void EmbedStep::apply(Batch& batch, RowVerdicts& /*verdicts*/) {
  const Field* there = batch.field(column_);
  for (std::size_t row = 0; there != nullptr && column_ != replaced_ && row < batch.size(); ++row) {
    if (!there->json.has(row)) continue;
    throw DataError("embed: document " + std::string(batch.id[row]) + " has a column `" + column_ +
                    "` already; give the vectors another name with `column`");
  }
  Field made{column_, {}};
  bool any = false;
  source_->load(batch);
  for (std::size_t row = 0; row < batch.size(); ++row) {
    std::vector<float>* vector = source_->of(row);
    if (vector == nullptr) {
      made.json.push_absent();
      continue;
    }
    if (unit_length_) (void)make_unit(*vector);
    made.json.push(vector_value(*vector));
    any = true;
  }
  std::erase_if(batch.fields, [&](const Field& field) { return field.name == column_; });
  // A column that no document has is not there.
  if (any) batch.fields.push_back(std::move(made));
}

}  // namespace shardmill

#include "operators/normalize/normalize_step.hpp"

namespace shardmill {

NormalizeStep::NormalizeStep(const Settings& settings)
    : settings_{settings.text("unicode") == "nfc", settings.boolean("control_characters"),
                settings.boolean("whitespace"), settings.boolean("case_fold")} {}

void NormalizeStep::apply(Batch& batch, RowVerdicts& verdicts) {
  // Most batches have nothing to change: the column is rebuilt from the first change on.
  TextColumn rebuilt;
  bool rebuilding = false;
  for (std::size_t row = 0; row < batch.size(); ++row) {
    const bool differs = normalize(batch.text[row], settings_, changed_);
    if (differs && !rebuilding) {
      for (std::size_t before = 0; before < row; ++before) rebuilt.push(batch.text[before]);
      rebuilding = true;
    }
    if (rebuilding) rebuilt.push(differs ? std::string_view(changed_) : batch.text[row]);
    if (differs) verdicts.changed(row);
  }
  if (rebuilding) batch.text = std::move(rebuilt);
}

}  // namespace shardmill

#include "operators/filter/filter_step.hpp"

namespace shardmill {
namespace {

std::optional<u64> limit(const Settings& settings, const char* name) {
  if (!settings.has(name)) return std::nullopt;
  return narrow<u64>(settings.integer(name));
}

}  // namespace

FilterStep::FilterStep(const Settings& settings, std::vector<std::string> sources)
    : min_characters_(limit(settings, "min_characters")),
      max_characters_(limit(settings, "max_characters")),
      min_words_(limit(settings, "min_words")),
      max_words_(limit(settings, "max_words")),
      sources_(std::move(sources)) {
  if (settings.has("where")) where_ = Comparison::parse(settings.text("where"));
}

std::vector<std::string> FilterStep::reasons() const {
  return {"min_characters", "max_characters", "min_words", "max_words", "where"};
}

void FilterStep::apply(Batch& batch, RowVerdicts& verdicts) {
  for (std::size_t row = 0; row < batch.size(); ++row) {
    if (const auto reason = broken(batch, row)) verdicts.drop(row, *reason);
  }
}

std::optional<u32> FilterStep::broken(const Batch& batch, std::size_t row) {
  if (min_characters_ || max_characters_) {
    const u64 characters = count_code_points(batch.text[row]);
    if (min_characters_ && characters < *min_characters_) return 0;
    if (max_characters_ && characters > *max_characters_) return 1;
  }
  if (min_words_ || max_words_) {
    const u64 words = count_words(batch.text[row], scanner_);
    if (min_words_ && words < *min_words_) return 2;
    if (max_words_ && words > *max_words_) return 3;
  }
  if (where_ && !comparison_holds(batch, row)) return 4;
  return std::nullopt;
}

bool FilterStep::comparison_holds(const Batch& batch, std::size_t row) const {
  const std::string& column = where_->column();
  if (column == "text") return where_->holds_text(batch.text[row]);
  if (column == "id") return where_->holds_text(batch.id[row]);
  if (column == "source") return where_->holds_text(sources_[batch.source[row]]);
  const Field* field = batch.field(column);
  if (field == nullptr || !field->json.has(row)) return where_->holds(std::nullopt);
  return where_->holds(field->json[row]);
}

}  // namespace shardmill

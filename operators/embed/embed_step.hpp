// The step `embed`: gives documents a column of vectors.
#pragma once

#include <memory>
#include <string>

#include "engine/plan/parameter.hpp"
#include "engine/plan/row_operator.hpp"
#include "operators/embed/vector_source.hpp"

namespace shardmill {

// Later steps find the vectors as a field (engine/batch/vector_value.hpp); the run publishes them
// as a column of type vector.
class EmbedStep final : public RowOperator {
 public:
  explicit EmbedStep(const Settings& settings);
  [[nodiscard]] u64 memory_held() override { return source_->memory_held(); }
  [[nodiscard]] bool adds_fields() const override { return true; }
  [[nodiscard]] u64 bytes_added() override { return source_->bytes_per_document(); }
  [[nodiscard]] std::vector<std::string> tables() const override { return source_->files(); }
  void end_fragment() override { source_->finish(); }
  // Throws DataError when documents have a column of this name already and it is not the one that
  // is made into vectors; and what the source throws.
  void apply(Batch& batch, RowVerdicts& verdicts) override;

 private:
  std::string column_;
  std::string replaced_;  // the column that may be there already; or empty
  bool unit_length_;
  std::unique_ptr<VectorSource> source_;
};

}  // namespace shardmill

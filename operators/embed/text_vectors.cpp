#include "operators/embed/text_vectors.hpp"

#include "operators/nearest/cosine.hpp"

namespace shardmill {

void TextVectors::load(const Batch& batch) {
  batch_ = &batch;
  texts_.clear();
  ends_.clear();
  for (std::size_t row = 0; row < batch.size(); ++row) {
    if (chunker_) {
      chunker_->append(batch.text[row], texts_);
    } else {
      texts_.push_back(batch.text[row]);
    }
    ends_.push_back(texts_.size());
  }
  source_->load(texts_);
}

std::vector<float>* TextVectors::of(std::size_t row) {
  if (!chunker_) return checked(row, row);
  sums_.clear();
  double chunks = 0;
  for (std::size_t i = row == 0 ? 0 : ends_[row - 1]; i < ends_[row]; ++i) {
    std::vector<float>* vector = checked(i, row);
    if (vector == nullptr) continue;
    (void)make_unit(*vector);
    sums_.resize(vector->size());
    for (std::size_t k = 0; k < sums_.size(); ++k) sums_[k] += static_cast<double>((*vector)[k]);
    ++chunks;
  }
  if (chunks == 0) return nullptr;
  vector_.clear();
  for (const double sum : sums_) vector_.push_back(static_cast<float>(sum / chunks));
  return &vector_;
}

std::vector<float>* TextVectors::checked(std::size_t text, std::size_t row) {
  std::vector<float>* vector = source_->of(text);
  if (vector == nullptr) return nullptr;
  check_finite(*vector, "document " + std::string(batch_->id[row]), *source_);
  return vector;
}

}  // namespace shardmill

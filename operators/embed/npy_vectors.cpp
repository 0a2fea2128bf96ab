#include "operators/embed/npy_vectors.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>

namespace shardmill {

void NpyVectors::load(const Batch& batch) {
  batch_ = &batch;
  if (matrix_) return;
  matrix_ = std::make_unique<NpyMatrix>(vectors_file_);
  vector_.resize(matrix_->columns());
  read_ids();
}

void NpyVectors::read_ids() {
  std::ifstream file(ids_file_, std::ios::binary);
  if (!file) throw DataError(ids_file_ + ": cannot be read");
  ids_.reserve(matrix_->rows());
  std::string id;
  u64 lines = 0;
  for (; std::getline(file, id); ++lines) {
    if (!id.empty() && id.back() == '\r') id.pop_back();
    if (lines < matrix_->rows()) ids_.push_back({hash128(id), lines});
  }
  if (file.bad()) throw DataError(ids_file_ + ": cannot be read to its end");
  if (lines != matrix_->rows()) {
    throw DataError(ids_file_ + ": has " + std::to_string(lines) + " ids, " + vectors_file_ +
                    " has " + std::to_string(matrix_->rows()) + " rows");
  }
  std::sort(ids_.begin(), ids_.end());
  const auto same = std::adjacent_find(ids_.begin(), ids_.end(),
                                       [](const Id& a, const Id& b) { return a.hash == b.hash; });
  if (same == ids_.end()) return;
  throw DataError(ids_file_ + ": lines " + std::to_string(same->row + 1) + " and " +
                  std::to_string(std::next(same)->row + 1) +
                  " have the same id; expected each once");
}

std::vector<float>* NpyVectors::of(std::size_t row) {
  const std::string_view id = batch_->id[row];
  const Id wanted = {hash128(id), 0};
  const auto found = std::lower_bound(ids_.begin(), ids_.end(), wanted);
  if (found == ids_.end() || found->hash != wanted.hash) return nullptr;
  matrix_->read(found->row, vector_);
  for (const float number : vector_) {
    if (std::isfinite(number)) continue;
    throw DataError(vectors_file_ + ": row " + std::to_string(found->row) + ", of document " +
                    std::string(id) + ": expected numbers that float32 holds");
  }
  return &vector_;
}

}  // namespace shardmill

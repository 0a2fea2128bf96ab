// The vectors of documents as sketches: unit length, float32, back to back.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/plan/global_operator.hpp"

namespace shardmill {

// A document with a vector that has a direction.
using OnVector = std::function<void(DocKey, std::span<const float>)>;

// The vector of a row; false where the document has none. Throws DataError, beginning with `place`,
// for a value that is none, or has too many components.
[[nodiscard]] bool read_row(const Field* field, const Batch& batch, std::size_t row,
                            const std::string& place, std::vector<float>& out);
// A vector's bytes in a sketch: nothing when there is none, zeros for a vector of zeros.
void append_unit(std::vector<float>& vector, std::string& out);
// False where there is none, or only zeros.
[[nodiscard]] bool read_unit(std::string_view bytes, std::vector<float>& out);

// All vectors that a step sees, on all ranks.
class SketchedVectors {
 public:
  // Collective. The first `prefix` bytes of each sketch are of something else. Throws DataError
  // when two vectors differ in length; `place` is what the message begins with.
  SketchedVectors(Cluster& cluster, const std::string& place, std::size_t prefix,
                  Sketches& sketches);

  [[nodiscard]] u64 count() const { return count_; }  // of all ranks, without those of zeros
  // Adds a warning when there are vectors and all are zeros.
  void warn_of_zeros(std::vector<std::string>& warnings) const;
  // Whether there are documents of other datasets, of which none has such a vector.
  [[nodiscard]] bool others_have_none() const { return others_have_none_; }
  [[nodiscard]] std::size_t dimensions() const { return dimensions_; }  // 0 when there is none
  // Of all sketches and whose they are: the same for every number of ranks.
  [[nodiscard]] u64 digest() const { return digest_; }
  // This rank's, in key order.
  void for_each(const OnVector& f) const;

 private:
  Sketches& sketches_;
  std::string place_;
  std::size_t prefix_;
  u64 count_ = 0;
  u64 documents_ = 0;
  u64 zeros_ = 0;
  bool others_have_none_ = false;
  std::size_t dimensions_ = 0;
  u64 digest_ = 0;
};

}  // namespace shardmill

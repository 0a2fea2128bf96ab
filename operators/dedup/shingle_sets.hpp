// The shingle sets of one connected component (shingle_bitmap.hpp), in memory or, beyond its lease,
// on scratch.
#pragma once

#include <span>

#include "operators/dedup/scratch_array.hpp"

namespace shardmill {

// Memory: `limit` bytes, however many sets there are, and the largest set.
class ShingleSets {
 public:
  ShingleSets(ScratchSpace& space, u64 limit)
      : index_(space, "minhash.index", limit / 4),
        sets_(space, "minhash.sets", limit - limit / 4) {}

  // Forgets everything: the next component.
  void clear();
  // Documents come in ascending order.
  void add(u64 document, std::span<const u64> set);
  // Valid until the next call. Fastest for a document soon after the last one. Throws InternalError
  // for a document that was not added.
  [[nodiscard]] std::span<const u64> get(u64 document);

 private:
  [[nodiscard]] u64 documents() const { return index_.size() / 2; }
  [[nodiscard]] u64 document_at(u64 place) { return index_.read(2 * place, 1)[0]; }
  [[nodiscard]] u64 begin_at(u64 place) {
    return place == documents() ? sets_.size() : index_.read(2 * place + 1, 1)[0];
  }
  // Of the first document that is not before this one.
  [[nodiscard]] u64 place_of(u64 document);

  ScratchArray index_;  // document, where its set begins; and so on
  ScratchArray sets_;
  u64 last_place_ = 0;
};

}  // namespace shardmill

// Exact intersections of shingle sets among documents that have much in common.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "operators/dedup/probe_set.hpp"
#include "operators/dedup/shingle_sets.hpp"

namespace shardmill {

// Documents of a family (a template and its instances) differ in few shingles. Each is described
// once by its difference from a pivot P of the same family: what it lacks of P and what it has
// beyond P. Two documents A, B of one pivot then share
//   |A and B| = |P| - |lacks A| - |lacks B| + |lacks A and lacks B| + |beyond A and beyond B|,
// which costs their differences and not their sizes. Documents that resemble no pivot they are
// compared with are pivots themselves; pairs of different pivots are compared directly.
class Family {
 public:
  // The sets of the component at hand; `limit`: bytes of differences, beyond which the rest is
  // compared directly.
  Family(ShingleSets& sets, u64 limit) : sets_(sets), limit_(limit) {}

  // The next component.
  void clear();
  // Shingles of a document.
  [[nodiscard]] u64 size(u64 document);
  // |A and B|, exact; possibly nothing when it is less than `least`.
  [[nodiscard]] std::optional<u64> common(u64 better, u64 worse, u64 least);

 private:
  static constexpr u64 kNone = UINT64_MAX;
  struct Difference {
    u64 pivot = kNone;  // a document; kNone: compared directly only
    u64 size = 0;
    std::vector<u64> lacks;   // of the pivot, ascending
    std::vector<u64> beyond;  // the pivot, ascending
  };
  Difference& describe(u64 document, u64 pivot);

  ShingleSets& sets_;
  u64 limit_;
  u64 held_ = 0;
  std::unordered_map<u64, Difference> differences_;
  ProbeSet prepared_;
  u64 prepared_for_ = kNone;
};

}  // namespace shardmill

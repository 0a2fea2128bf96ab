#include "operators/dedup/family.hpp"

namespace shardmill {
namespace {

// Of two ascending lists. The loop has no branch that depends on the data but its end.
u64 count_common(const std::vector<u64>& a, const std::vector<u64>& b) {
  const u64* x = a.data();
  const u64* y = b.data();
  const u64* const x_end = x + a.size();
  const u64* const y_end = y + b.size();
  u64 found = 0;
  while (x != x_end && y != y_end) {
    const u64 left = *x;
    const u64 right = *y;
    found += left == right;
    x += left <= right;
    y += right <= left;
  }
  return found;
}

}  // namespace

void Family::clear() {
  differences_.clear();
  held_ = 0;
  prepared_for_ = kNone;
}

u64 Family::size(u64 document) {
  const auto known = differences_.find(document);
  return known != differences_.end() ? known->second.size : sets_.get(document).size();
}

Family::Difference& Family::describe(u64 document, u64 pivot) {
  const auto known = differences_.find(document);
  if (known != differences_.end()) return known->second;
  Difference& made = differences_[document];
  const std::span<const u64> set = sets_.get(document);
  made.size = set.size();
  if (held_ > limit_) return made;
  made.pivot = document;
  if (pivot == kNone) return made;
  const std::span<const u64> reference = sets_.get(pivot);
  // Not worth it, and no longer a family, once half of the document is different.
  const std::size_t most = set.size() / 2;
  std::size_t s = 0;
  std::size_t r = 0;
  while ((s < set.size() || r < reference.size()) &&
         made.lacks.size() + made.beyond.size() <= most) {
    if (r == reference.size() || (s < set.size() && set[s] < reference[r])) {
      made.beyond.push_back(set[s++]);
    } else if (s == set.size() || reference[r] < set[s]) {
      made.lacks.push_back(reference[r++]);
    } else {
      ++s;
      ++r;
    }
  }
  if (made.lacks.size() + made.beyond.size() > most) {
    made.lacks.clear();
    made.beyond.clear();
    return made;
  }
  made.pivot = pivot;
  held_ += (made.lacks.capacity() + made.beyond.capacity()) * sizeof(u64);
  return made;
}

std::optional<u64> Family::common(u64 better, u64 worse, u64 least) {
  const u64 pivot = describe(better, kNone).pivot;
  describe(worse, pivot);
  const Difference& a = differences_[better];
  const Difference& b = differences_[worse];
  if (pivot != kNone && a.pivot == b.pivot) {
    const u64 whole = differences_[pivot].size;
    return whole - a.lacks.size() - b.lacks.size() + count_common(a.lacks, b.lacks) +
           count_common(a.beyond, b.beyond);
  }
  if (prepared_for_ != better) {
    prepared_.build(sets_.get(better));
    prepared_for_ = better;
  }
  return prepared_.common(sets_.get(worse), least);
}

}  // namespace shardmill

#include "operators/dedup/shingle_sets.hpp"

#include <algorithm>
#include <array>

namespace shardmill {

void ShingleSets::clear() {
  index_.clear();
  sets_.clear();
  last_place_ = 0;
}

void ShingleSets::add(u64 document, std::span<const u64> set) {
  if (documents() > 0 && document_at(documents() - 1) >= document) {
    throw InternalError("shingle sets are not in the order of their documents");
  }
  index_.append(std::array{document, sets_.size()});
  sets_.append(set);
}

u64 ShingleSets::place_of(u64 document) {
  // Doubling steps from the last place, then halving: what is near is found in a few looks.
  u64 low = 0;
  u64 high = documents();
  if (last_place_ < high && document_at(last_place_) <= document) {
    low = last_place_;
    for (u64 step = 1; low + step < high; step *= 2) {
      if (document_at(low + step) > document) {
        high = low + step;
        break;
      }
      low += step;
    }
  }
  while (low < high) {
    const u64 middle = low + (high - low) / 2;
    if (document_at(middle) < document) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::span<const u64> ShingleSets::get(u64 document) {
  const u64 place = place_of(document);
  if (place == documents() || document_at(place) != document) {
    throw InternalError("no shingles of a candidate document");
  }
  last_place_ = place;
  const u64 begin = begin_at(place);
  return sets_.read(begin, begin_at(place + 1) - begin);
}

}  // namespace shardmill

// Two documents that may be similar.
#pragma once

#include <compare>

#include "cluster/types.hpp"

namespace shardmill {

// The better one (smaller node of the Ranking) first. Each node has one key; both are carried so
// that nobody has to look one up.
struct Candidate {
  u64 better_key = 0;
  u64 worse_key = 0;
  u64 better = 0;
  u64 worse = 0;
  auto operator<=>(const Candidate&) const = default;
  [[nodiscard]] u64 leading() const { return better_key; }
  [[nodiscard]] u64 following() const { return worse_key; }
};

struct Bands {
  u32 count = 0;
  u32 rows = 0;
  // Of a bucket, best first, so many are compared with every other document in it.
  u32 head = 256;
};

}  // namespace shardmill

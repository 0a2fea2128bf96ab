// Exact similarity of candidate pairs.
#pragma once

#include <map>
#include <string>

#include "engine/plan/decimal.hpp"
#include "engine/plan/global_operator.hpp"
#include "operators/dedup/candidates.hpp"
#include "operators/dedup/signature/shingler.hpp"

namespace shardmill {

enum class Measure : u8 {
  jaccard,      // |A and B| / |A or B|
  containment,  // |A and B| / |worse|: how much of the document that would go is in the other
};

struct Similarity {
  ShingleSettings shingles;
  Measure measure = Measure::jaccard;
  Decimal threshold;
};

// A pair at or above the threshold. Ordered so that a document's neighbours come best first.
struct SimilarPair {
  u64 worse = 0;
  u64 better = 0;
  u64 worse_key = 0;
  u64 better_key = 0;
  u64 score_num = 0;
  u64 score_den = 0;  // 0: not verified
  auto operator<=>(const SimilarPair&) const = default;
  [[nodiscard]] u64 leading() const { return worse; }
};

// Collective. Candidates as find_candidates() leaves them. Those that were compared in an earlier
// run are looked up; the shingle sets of the documents in the others are computed at their homes
// from the texts in the store; a set goes once to each rank that verifies a pair with it, and pairs
// are verified component by component. Every candidate is verified, by integers: no float decides.
// Communication: 32 bytes a remembered pair, and 8 bytes a shingle of each document in a candidate
// that is not, for each rank that needs it. Counts pairs_recalled and pairs_compared.
[[nodiscard]] Records<SimilarPair> verify_candidates(Cluster& cluster, const Similarity& similarity,
                                                     Records<Candidate>&& candidates,
                                                     Sketches& sketches,
                                                     std::map<std::string, u64>& counts);

}  // namespace shardmill

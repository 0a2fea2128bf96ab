// Exact similarity of candidate pairs.
#pragma once

#include "engine/plan/decimal.hpp"
#include "engine/plan/global_operator.hpp"
#include "operators/dedup/candidate.hpp"
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

struct Verified {
  Records<SimilarPair> similar;
  Records<ComparedPair> compared;  // the candidates that are not committed
  u64 recalled = 0;                // candidates that were in the memory
  u64 compared_now = 0;            // those that were not
  u64 passed_over = 0;             // and those that nobody has compared
};

// Collective. Candidates as find_candidates() leaves them, and sorted pairs at the same ranks that
// were compared before: these are looked up; the shingle sets of the documents in the others are
// computed at their homes from the texts in the store; a set goes once to each rank that verifies a
// pair with it, and pairs are verified component by component. Every candidate is verified, by
// integers: no float decides. When there is a memory, a long comparison is committed in rounds
// (rounds.hpp): throws Stopped. Communication: 8 bytes a shingle of each document in a candidate
// that is not known, for each rank that needs it and round.
[[nodiscard]] Verified verify_candidates(Cluster& cluster, const Similarity& similarity,
                                         Records<Candidate>&& candidates,
                                         const Records<ComparedPair>& known, Sketches& sketches);

}  // namespace shardmill

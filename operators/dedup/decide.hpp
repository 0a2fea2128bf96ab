// From similar pairs to drops. `name` is what leases and exchanges are called after.
#pragma once

#include "operators/dedup/verify.hpp"

namespace shardmill {

// `verify: false`: every candidate counts as similar, without a score.
[[nodiscard]] Records<SimilarPair> believe_candidates(Cluster& cluster,
                                                      Records<Candidate>&& candidates);

// Collective. The lexicographically first maximal independent set: go through documents in priority
// order, keep one unless it is similar to one already kept; the best kept neighbour is its witness.
void drop_beside_witness(Cluster& cluster, const std::string& name,
                         const Records<SimilarPair>& similar, u32 step, Records<Verdict>& drops);

// Collective. What goes through documents in order without looking at what went before: each goes
// that is similar to a better one, which may go too. The best of those is its witness.
void drop_beside_better(Cluster& cluster, const std::string& name,
                        const Records<SimilarPair>& similar, u32 step, Records<Verdict>& drops);

// Collective. What other tools compute: of each connected component only the best document stays,
// and is the witness of all others, similar to it or not (then without a score).
void drop_all_but_best(Cluster& cluster, const std::string& name,
                       const Records<SimilarPair>& similar, u32 step, Records<Verdict>& drops);

}  // namespace shardmill

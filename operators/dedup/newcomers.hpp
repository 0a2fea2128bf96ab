// Which of the candidates of new documents have to be compared at all.
#pragma once

#include "operators/dedup/recollection.hpp"
#include "operators/dedup/verify.hpp"

namespace shardmill {

// Collective. As verify_candidates(), of a recollection that stands and all candidates of its fresh
// documents, by arrival. What is asked of an older document is only which groups (of what hangs
// together without the fresh ones) a fresh one joins, and which kept document it is most like in
// the order of arrival: so of a group its kept documents are compared first, as they arrived, a few
// at once, and nobody after those with one that is similar. `similar` has these, and all similar
// pairs of two fresh documents; `compared` has everybody.
//
// Communication: that of verify_candidates() for what is compared, 32 bytes a candidate, 32 more
// for each that is compared, 48 for each that is similar, and that of connected_components() for
// the recollection's edges.
[[nodiscard]] Verified verify_newcomers(Cluster& cluster, const Similarity& similarity,
                                        Records<Candidate>&& candidates, const Recollection& known,
                                        Sketches& sketches);

}  // namespace shardmill

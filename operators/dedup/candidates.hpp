// Which pairs of documents are worth verifying: those that share a band of their signatures.
#pragma once

#include "operators/dedup/candidate.hpp"
#include "operators/dedup/ranking.hpp"
#include "operators/dedup/recollection.hpp"

namespace shardmill {

struct Candidates {
  // Each pair once, sorted, at owner_of(mix64(better_key)); never two foreign documents. Beside
  // what stands only those of a fresh document.
  Records<Candidate> pairs;
  // At home, sorted, each once or more: documents whose going would change the pairs of others.
  Records<u64> decisive;
};

// Collective. What meet() says of all documents. With a complete recollection only buckets of fresh
// documents are looked into: the pairs of the others are those of before, whatever their number,
// since a newcomer changes who meets whom of the others only where it displaces one of them from
// the head of a crowded bucket; these are looked at too, and what is known of them is not believed.
[[nodiscard]] Candidates find_candidates(Cluster& cluster, const Bands& bands,
                                         const Ranking& ranking, Sketches& sketches,
                                         const Recollection& known);

}  // namespace shardmill

// Which pairs of documents are worth verifying: those that share a band of their signatures.
#pragma once

#include <span>

#include "engine/plan/global_operator.hpp"
#include "operators/dedup/ranking.hpp"

namespace shardmill {

// Two documents that may be similar, the better one (smaller node of the Ranking) first. Each node
// has one key; both are carried so that nobody has to look one up.
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

// A signature's buckets, one per band: XXH3-64 of the band's minima with the band's number as seed.
// Nothing for a signature of a document without shingles (all minima 0xffffffff).
void buckets_of(std::span<const u32> signature, const Bands& bands, std::vector<u64>& out);

// Collective; signatures (bands x rows u32) are what Ranking::for_each gives as sketches. Each pair
// comes once, sorted, at the rank owner_of(mix64(better_key)); never two foreign documents.
//
// In a bucket ordered by priority everybody is compared with the first `head`. The others meet
// again only where they share a second band too, with the same rule: a bucket of n documents costs
// at most head x n pairs per band, and whether c is compared with d depends on better documents
// only. Communication: 24 bytes a document and band, 32 bytes a pair.
[[nodiscard]] Records<Candidate> find_candidates(Cluster& cluster, const Bands& bands,
                                                 const Ranking& ranking, Sketches& sketches);

}  // namespace shardmill

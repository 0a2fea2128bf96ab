// Who meets whom in the buckets of their signatures' bands.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/plan/global_operator.hpp"
#include "operators/dedup/candidate.hpp"
#include "operators/dedup/ranking.hpp"

namespace shardmill {

// A signature's buckets, one per band: XXH3-64 of the band's minima with the band's number as seed,
// without its two lowest bits. Nothing for a signature of a document without shingles (all minima
// 0xffffffff).
void buckets_of(std::span<const u32> signature, const Bands& bands, std::vector<u64>& out);

// Documents at home here, by key (DocKey value), sorted.
struct LookedAt {
  const Records<u64>& newcomers;  // who was not there when the others met
  const Records<u64>& besides;    // and of these others, those whose buckets are of interest too
};

struct Met {
  // Each pair once or more, sorted, at owner_of(mix64(better_key)); never two foreign documents,
  // nor two that are not looked at.
  Records<Candidate> pairs;
  // At home, sorted, each once or more: documents in the head of a bucket that has others.
  Records<u64> heads;
  // Anywhere, each once or more: others whom newcomers have displaced from the head of a bucket.
  Records<u64> displaced;
};

// Collective; signatures (bands x rows u32) are what Ranking::for_each gives as sketches.
// `looked_at`: only of buckets that have one of these; none: of all.
//
// In a bucket ordered by priority everybody is compared with the first `head`. The others meet
// again only where they share a second band too, with the same rule: a bucket of n documents costs
// at most head x n pairs per band, and whether c is compared with d depends on better documents
// only. Communication: 24 bytes a document and band, 32 bytes a pair; of buckets that are looked
// at.
[[nodiscard]] Met meet(Cluster& cluster, const Bands& bands, const Ranking& ranking,
                       Sketches& sketches, const std::optional<LookedAt>& looked_at);

}  // namespace shardmill

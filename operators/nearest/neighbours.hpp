// The nearest vectors of another set, for each vector of one.
#pragma once

#include "engine/plan/begun_work.hpp"
#include "engine/plan/global_operator.hpp"
#include "engine/records/records.hpp"
#include "operators/nearest/centroids.hpp"
#include "operators/nearest/sketched_vectors.hpp"

namespace shardmill {

// One of ours and one of theirs. Ordered so that a document's nearest come first; of two that are
// equally near, the one with the lower key.
struct Neighbour {
  u64 document = 0;
  u64 distance = 0;  // farness() of their cosine
  u64 key = 0;       // of theirs
  auto operator<=>(const Neighbour&) const = default;
  [[nodiscard]] u64 leading() const { return document; }
};

struct NeighbourSettings {
  u64 k = 0;
  u32 probes = 0;  // clusters in which a vector is looked up
};

// Collective. Their vectors lie in the clusters of their nearest centroids; each of ours is looked
// up in those of its `probes` nearest ones, and has the k nearest of what it meets there: all that
// are, when there are no more clusters than probes. At the rank owner_of(mix64(document)), sorted.
//
// With `begun`, units of clusters are committed as they come, and those that are there are not
// searched again: throws Stopped (agreed).
//
// An inverted file (Sivic and Zisserman, Video Google, 2003), its lists dealt out to ranks.
// Memory: leases; clusters spill, all but a block of vectors and k neighbours for each of them.
// Traffic: each of their vectors once (more where a list is searched by several ranks), one of ours
// for each probe, 24 bytes a neighbour and probe.
[[nodiscard]] Records<Neighbour> find_neighbours(
    Cluster& cluster, const NeighbourSettings& settings, const Centroids& centroids,
    const SketchedVectors& ours, const SketchedVectors& theirs, const BegunWork* begun = nullptr);

// Of some documents, how many of their k nearest among all vectors were found.
struct NeighbourRecall {
  u64 documents = 0;
  u64 of = 0;
  u64 found = 0;
};

// Collective, the same everywhere. Looks up the 200 of ours with the smallest mix64(seed ^ key) in
// all of theirs. Memory: these vectors on every rank, twice.
[[nodiscard]] NeighbourRecall measure_recall(Cluster& cluster, u64 k, u64 seed,
                                             const SketchedVectors& ours,
                                             const SketchedVectors& theirs,
                                             const Records<Neighbour>& found);

}  // namespace shardmill

#include <algorithm>
#include <cstring>

#include "cluster/watchdog.hpp"
#include "engine/algorithm/top_k.hpp"
#include "engine/batch/wire.hpp"
#include "engine/hash/hash.hpp"
#include "operators/nearest/best_neighbours.hpp"

namespace shardmill {
namespace {

constexpr u64 kSample = 200;

struct Hashed {
  u64 hash = 0;
  u64 key = 0;
  auto operator<=>(const Hashed&) const = default;
};

// Some of our vectors, the same on every rank.
struct Queries {
  std::vector<u64> keys;
  std::vector<float> vectors;
};

Queries sample_of(Cluster& cluster, u64 seed, const SketchedVectors& ours) {
  Records<Hashed> hashes(cluster, "nearest.sample", cluster.budget.lease("nearest.sample", 0.05));
  ours.for_each([&](DocKey key, std::span<const float>) {
    hashes.push({mix64(seed ^ key.value), key.value});
  });
  const std::vector<Hashed> sample =
      top_k(cluster, "nearest.sampled", std::move(hashes), kSample, std::less<Hashed>{});
  std::string mine;
  WireWriter out(mine);
  ours.for_each([&](DocKey key, std::span<const float> vector) {
    if (sample.empty() || Hashed{mix64(seed ^ key.value), key.value} > sample.back()) return;
    out.number(key.value);
    out.array(vector);
  });
  Queries queries;
  std::vector<float> vector;
  for (const std::string& part : cluster.control.all_gather(mine)) {
    for (WireReader in(part, "vectors of a sample"); !in.done();) {
      queries.keys.push_back(in.number());
      in.array(vector);
      queries.vectors.insert(queries.vectors.end(), vector.begin(), vector.end());
    }
  }
  return queries;
}

// The k nearest of each query among this rank's vectors.
std::vector<Neighbour> nearest_here(Cluster& cluster, u64 k, const Queries& queries,
                                    const SketchedVectors& theirs) {
  BestNeighbours best(k, theirs.dimensions());
  best.begin(queries.keys, queries.vectors);
  std::vector<u64> keys;
  std::vector<float> vectors;
  const auto meet = [&] {
    if (!keys.empty()) best.meet(keys, vectors);
    keys.clear();
    vectors.clear();
    cluster.watchdog.progress();
  };
  theirs.for_each([&](DocKey key, std::span<const float> vector) {
    keys.push_back(key.value);
    vectors.insert(vectors.end(), vector.begin(), vector.end());
    if (keys.size() == FlatSearch::kCandidates) meet();
  });
  meet();
  std::vector<Neighbour> all;
  for (const std::vector<Neighbour>& list : best.lists()) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

}  // namespace

NeighbourRecall measure_recall(Cluster& cluster, u64 k, u64 seed, const SketchedVectors& ours,
                               const SketchedVectors& theirs, const Records<Neighbour>& found) {
  const u64 block = (FlatSearch::kCandidates * 2 + kSample * 3) * theirs.dimensions();
  const Lease lease = cluster.budget.lease(
      "nearest.recall", 0, Bytes{block * sizeof(float) + kSample * k * 4 * sizeof(Neighbour)});
  const Queries queries = sample_of(cluster, seed, ours);
  NeighbourRecall recall{.documents = queries.keys.size()};
  if (queries.keys.empty()) return recall;

  const std::vector<Neighbour> mine = nearest_here(cluster, k, queries, theirs);
  std::vector<Neighbour> all;
  for (const std::string& part : cluster.control.all_gather(
           {reinterpret_cast<const char*>(mine.data()), mine.size() * sizeof(Neighbour)})) {
    const std::size_t before = all.size();
    all.resize(before + part.size() / sizeof(Neighbour));
    if (!part.empty())
      std::memcpy(static_cast<void*>(all.data() + before), part.data(), part.size());
  }
  std::sort(all.begin(), all.end());
  std::vector<Neighbour> nearest;
  u64 taken = 0;
  for (const Neighbour& one : all) {
    if (nearest.empty() || one.document != nearest.back().document) taken = 0;
    if (taken++ < k) nearest.push_back(one);
  }
  u64 here = 0;
  found.for_each([&](const Neighbour& one) {
    here += std::binary_search(nearest.begin(), nearest.end(), one) ? 1 : 0;
  });
  recall.of = nearest.size();
  recall.found = cluster.control.all_sum(here);
  return recall;
}

}  // namespace shardmill

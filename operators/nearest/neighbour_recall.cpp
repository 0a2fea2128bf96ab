#include <algorithm>
#include <cstring>

#include "cluster/watchdog.hpp"
#include "operators/nearest/best_neighbours.hpp"
#include "operators/nearest/vector_sample.hpp"

namespace shardmill {
namespace {

// The k nearest of each query among this rank's vectors.
std::vector<Neighbour> nearest_here(Cluster& cluster, u64 k, const VectorSample& queries,
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
  const u64 block = (FlatSearch::kCandidates * 2 + VectorSample::kMost * 3) * theirs.dimensions();
  const Lease lease = cluster.budget.lease(
      "nearest.recall", 0,
      Bytes{block * sizeof(float) + VectorSample::kMost * k * 4 * sizeof(Neighbour)});
  const VectorSample queries = sample_vectors(cluster, seed, ours);
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

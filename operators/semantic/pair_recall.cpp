#include "operators/semantic/pair_recall.hpp"

#include <algorithm>
#include <map>

#include "cluster/watchdog.hpp"
#include "operators/nearest/cosine.hpp"
#include "operators/nearest/vector_sample.hpp"

namespace shardmill {
namespace {

// By document of the sample, the clusters that it goes to.
std::vector<std::vector<u32>> clusters_of(Cluster& cluster, const Centroids& centroids, u32 probes,
                                          const VectorSample& sample) {
  std::vector<std::vector<u32>> clusters;
  NearestInBlocks nearest(cluster, centroids, probes,
                          [&](DocKey, std::span<const float>, std::span<const NearCentroid> near) {
                            clusters.emplace_back();
                            for (const NearCentroid& one : near)
                              clusters.back().push_back(one.number);
                          });
  for (std::size_t i = 0; i < sample.keys.size(); ++i) {
    nearest.add(DocKey{sample.keys[i]},
                std::span(sample.vectors).subspan(i * centroids.dimensions, centroids.dimensions));
  }
  nearest.finish();
  return clusters;
}

class PairCounter {
 public:
  PairCounter(Cluster& cluster, const ComparisonSettings& settings, const Centroids& centroids,
              const VectorSample& sample)
      : cluster_(cluster),
        settings_(settings),
        sample_(sample),
        dimensions_(centroids.dimensions),
        search_(sample.vectors, centroids.dimensions),
        sample_clusters_(clusters_of(cluster, centroids, settings.probes, sample)),
        others_(cluster, centroids, settings.probes,
                [this](DocKey key, std::span<const float>, std::span<const NearCentroid> near) {
                  count(key, near);
                }) {}

  void add(DocKey key, std::span<const float> vector) {
    keys_.push_back(key);
    vectors_.insert(vectors_.end(), vector.begin(), vector.end());
    if (keys_.size() == FlatSearch::kQueries) compare();
  }
  void finish() {
    compare();
    others_.finish();
  }
  [[nodiscard]] u64 of() const { return of_; }
  [[nodiscard]] u64 found() const { return found_; }

 private:
  [[nodiscard]] std::span<const float> vector(const std::vector<float>& all, std::size_t i) const {
    return std::span(all).subspan(i * dimensions_, dimensions_);
  }

  void compare() {
    search_.propose(vectors_, static_cast<double>(settings_.least) / static_cast<double>(kMillion),
                    proposed_);
    for (std::size_t next = 0; next < proposed_.size();) {
      const u32 query = proposed_[next].query;
      const auto other = vector(vectors_, query);
      std::vector<u32> similar;
      for (; next < proposed_.size() && proposed_[next].query == query; ++next) {
        const u32 candidate = proposed_[next].candidate;
        if (keys_[query].value == sample_.keys[candidate]) continue;
        const i64 score = millionths(cosine(other, vector(sample_.vectors, candidate)));
        if (score >= settings_.least) similar.push_back(candidate);
      }
      if (similar.empty()) continue;
      of_ += similar.size();
      similar_to_[keys_[query].value] = std::move(similar);
      others_.add(keys_[query], other);
    }
    keys_.clear();
    vectors_.clear();
    cluster_.watchdog.progress();
  }

  void count(DocKey key, std::span<const NearCentroid> near) {
    for (const u32 similar : similar_to_[key.value]) {
      const std::vector<u32>& clusters = sample_clusters_[similar];
      found_ += std::any_of(near.begin(), near.end(),
                            [&](const NearCentroid& one) {
                              return std::find(clusters.begin(), clusters.end(), one.number) !=
                                     clusters.end();
                            })
                    ? 1
                    : 0;
    }
    similar_to_.erase(key.value);
  }

  Cluster& cluster_;
  const ComparisonSettings& settings_;
  const VectorSample& sample_;
  std::size_t dimensions_;
  FlatSearch search_;  // in the sample
  std::vector<std::vector<u32>> sample_clusters_;
  NearestInBlocks others_;
  std::map<u64, std::vector<u32>> similar_to_;  // those in others_
  std::vector<DocKey> keys_;
  std::vector<float> vectors_;
  std::vector<ProposedPair> proposed_;
  u64 of_ = 0;
  u64 found_ = 0;
};

}  // namespace

PairRecall measure_pair_recall(Cluster& cluster, const ComparisonSettings& settings,
                               const Centroids& centroids, u64 seed,
                               const SketchedVectors& vectors) {
  const u64 held = (FlatSearch::kQueries + 2 * VectorSample::kMost) * vectors.dimensions();
  const Lease lease = cluster.budget.lease("semantic.recall", 0, Bytes{held * sizeof(float)});
  const VectorSample sample = sample_vectors(cluster, seed, vectors);
  PairRecall recall{.documents = sample.keys.size()};
  if (sample.keys.empty()) return recall;
  PairCounter counter(cluster, settings, centroids, sample);
  vectors.for_each([&](DocKey key, std::span<const float> vector) { counter.add(key, vector); });
  counter.finish();
  recall.of = cluster.control.all_sum(counter.of());
  recall.found = cluster.control.all_sum(counter.found());
  return recall;
}

}  // namespace shardmill

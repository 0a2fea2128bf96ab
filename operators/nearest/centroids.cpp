#include "operators/nearest/centroids.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>

#include "cluster/agree.hpp"
#include "cluster/watchdog.hpp"
#include "engine/algorithm/sort.hpp"
#include "engine/batch/wire.hpp"
#include "engine/hash/hash.hpp"
#include "engine/store/record_chunks.hpp"
#include "operators/nearest/committed_units.hpp"
#include "operators/nearest/cosine.hpp"

namespace shardmill {
namespace {

constexpr const char* kCentroids = "centroids";
constexpr u64 kExactUpTo = 10'000;  // vectors; a second of one core at 256 dimensions
constexpr u64 kSamplePerCluster = 256;
constexpr u64 kBlock = u64{1} << 20;  // bytes of vectors that are looked up together, at least
constexpr float kSumUnit = 0x1p30F;   // sums of 2^33 unit vectors fit i64

// Of numbers summed over all ranks at a time: messages of 512 KiB.
constexpr std::size_t kReduced = std::size_t{1} << 16;

// Element-wise over all ranks, in place.
void sum_everywhere(Communicator& control, std::span<i64> values) {
  std::vector<u64> part;
  for (std::size_t at = 0; at < values.size(); at += kReduced) {
    const auto some = values.subspan(at, std::min(kReduced, values.size() - at));
    part.assign(some.begin(), some.end());
    part = control.all_sum(part);
    for (std::size_t i = 0; i < some.size(); ++i) some[i] = std::bit_cast<i64>(part[i]);
  }
}

// Floats of which each is 0 on all ranks but one: there it goes to all.
void share_everywhere(Communicator& control, std::span<float> values) {
  std::vector<u64> part;
  for (std::size_t at = 0; at < values.size(); at += kReduced) {
    const auto some = values.subspan(at, std::min(kReduced, values.size() - at));
    part.clear();
    for (const float x : some) part.push_back(std::bit_cast<u32>(x));
    part = control.all_sum(part);
    for (std::size_t i = 0; i < some.size(); ++i) {
      some[i] = std::bit_cast<float>(static_cast<u32>(part[i]));
    }
  }
}

struct Hashed {
  u64 hash = 0;
  auto operator<=>(const Hashed&) const = default;
  [[nodiscard]] u64 leading() const { return hash; }
};

// Which documents are in the sample, and which of them are the first centroids.
struct Sample {
  u64 last = 0;            // the largest hash in it
  std::vector<i64> first;  // the smallest ones, ascending
};

Sample choose_sample(Cluster& cluster, u64 seed, u64 clusters, const SketchedVectors& vectors) {
  Records<Hashed> hashes(cluster, "vectors.hashes", cluster.budget.lease("vectors.hashes", 0.05));
  vectors.for_each(
      [&](DocKey key, std::span<const float>) { hashes.push({mix64(seed ^ key.value)}); });
  hashes = sort(cluster, "vectors.sample", std::move(hashes));

  u64 place = 0;
  const std::vector<std::string> sizes = cluster.control.all_gather(std::to_string(hashes.size()));
  for (u32 r = 0; r < cluster.rank().value; ++r) place += std::stoull(sizes[r]);
  const u64 size = std::min(vectors.count(), kSamplePerCluster * clusters);
  Sample sample;
  sample.first.assign(clusters, 0);
  hashes.for_each([&](const Hashed& one) {
    if (place < clusters) sample.first[place] = std::bit_cast<i64>(one.hash);
    if (place + 1 == size) sample.last = one.hash;
    ++place;
  });
  sample.last = cluster.control.all_max(sample.last);
  sum_everywhere(cluster.control, sample.first);
  return sample;
}

// Of centroids that are zeros.
void train(Cluster& cluster, const TrainingSettings& settings, const SketchedVectors& vectors,
           const BegunComparison& begun, Centroids& centroids) {
  const u64 clusters = centroids.count();
  const std::size_t d = centroids.dimensions;
  const u64 seed = seed_for("semantic", settings.seed);
  const Sample sample = choose_sample(cluster, seed, clusters, vectors);
  const auto by_hash = [](i64 a, i64 b) { return std::bit_cast<u64>(a) < std::bit_cast<u64>(b); };
  Rows sampled(cluster, "vectors.sampled", cluster.budget.lease("vectors.sampled", 0.2));
  vectors.for_each([&](DocKey key, std::span<const float> vector) {
    const u64 hash = mix64(seed ^ key.value);
    if (hash > sample.last) return;
    sampled.push({}, {reinterpret_cast<const char*>(vector.data()), vector.size_bytes()});
    const auto place = std::lower_bound(sample.first.begin(), sample.first.end(),
                                        std::bit_cast<i64>(hash), by_hash);
    if (place == sample.first.end() || std::bit_cast<u64>(*place) != hash) return;
    const auto number = static_cast<std::size_t>(place - sample.first.begin());
    std::copy(vector.begin(), vector.end(),
              centroids.values.begin() + static_cast<std::ptrdiff_t>(number * d));
  });
  share_everywhere(cluster.control, centroids.values);

  std::vector<i64> sums(clusters * d);
  std::vector<float> vector;
  for (u32 iteration = 0; iteration < settings.iterations; ++iteration) {
    std::fill(sums.begin(), sums.end(), 0);
    begun.stop_if_asked(cluster);
    NearestInBlocks nearest(
        cluster, centroids, 1,
        [&](DocKey, std::span<const float> one, std::span<const NearCentroid> near) {
          i64* const sum = sums.data() + near[0].number * d;
          for (std::size_t i = 0; i < d; ++i) {
            sum[i] += std::llrint(one[i] * kSumUnit);
          }
        });
    sampled.for_each([&](std::string_view, std::string_view floats) {
      (void)read_unit(floats, vector);
      nearest.add({}, vector);
    });
    nearest.finish();
    sum_everywhere(cluster.control, sums);
    for (std::size_t c = 0; c < clusters; ++c) {
      (void)unit_of(std::span(sums).subspan(c * d, d),
                    std::span(centroids.values).subspan(c * d, d));
    }
  }
}

// Those that an earlier run has committed, from rank 0; false: there are none.
bool read_centroids(Cluster& cluster, const BegunComparison& begun, std::vector<float>& values) {
  const std::string bytes = agree(cluster.control, [&] {
    std::string text;
    (void)begun.work->read(begun.prefix(kCentroids), [&](const SegmentReader& part) {
      std::string piece;
      for (u64 n = 0; part.has(kCentroids + std::to_string(n)); ++n) {
        part.read_into(kCentroids + std::to_string(n), piece);
        text += piece;
      }
    });
    return text;
  });
  if (bytes.size() != values.size() * sizeof(float)) return false;
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return true;
}

void write_centroids(const BegunComparison& begun, const std::vector<float>& values) {
  begun.work->write(begun.prefix(kCentroids), [&](SegmentWriter& part) {
    const std::string_view bytes(reinterpret_cast<const char*>(values.data()),
                                 values.size() * sizeof(float));
    u64 n = 0;
    for (std::size_t at = 0; at < bytes.size(); at += kRecordChunkBytes) {
      part.add(kCentroids + std::to_string(n++), bytes.substr(at, kRecordChunkBytes));
    }
  });
}

}  // namespace

TrainingSettings training_settings(const Settings& settings) {
  TrainingSettings out;
  const std::string& clusters = settings.text("clusters");
  if (clusters != "auto") {
    std::from_chars(clusters.data(), clusters.data() + clusters.size(), out.clusters);
  }
  out.iterations = narrow<u32>(settings.integer("iterations"));
  out.seed = narrow<u64>(settings.integer("seed"));
  return out;
}

u64 default_clusters(u64 vectors) {
  if (vectors <= kExactUpTo) return 1;
  auto root = static_cast<u64>(std::sqrt(static_cast<double>(vectors)));
  while (root * root > vectors) --root;
  while ((root + 1) * (root + 1) <= vectors) ++root;
  return root;
}

Centroids train_centroids(Cluster& cluster, const TrainingSettings& settings,
                          const SketchedVectors& vectors, const BegunWork* work) {
  const u64 wanted = settings.clusters == 0 ? default_clusters(vectors.count()) : settings.clusters;
  const u64 clusters = std::min(wanted, vectors.count());
  Centroids centroids;
  centroids.dimensions = vectors.dimensions();
  const u64 numbers = clusters * centroids.dimensions;
  // Themselves, the copy that is searched, and their sums; beside them a reduction.
  const u64 bytes = numbers * (2 * sizeof(float) + sizeof(i64)) + 4 * kReduced * sizeof(u64);
  centroids.memory = cluster.budget.lease("vectors.centroids", 0, Bytes{bytes});
  centroids.values.assign(numbers, 0);
  const BegunComparison begun{work, vectors.digest()};
  if (work != nullptr && read_centroids(cluster, begun, centroids.values)) return centroids;
  const auto start = std::chrono::steady_clock::now();
  train(cluster, settings, vectors, begun, centroids);
  if (work == nullptr) return centroids;
  const bool due = std::chrono::steady_clock::now() - start >= BegunComparison::interval(cluster);
  // Of rank 0 alone, which also goes by its own clock.
  const bool kept = !agree(cluster.control, [&] {
                       if (due) write_centroids(begun, centroids.values);
                       return std::string(due ? "1" : "");
                     }).empty();
  if (kept) begun.stop_if_asked(cluster);
  return centroids;
}

NearestCentroids::NearestCentroids(const Centroids& centroids)
    : centroids_(centroids), search_(centroids.values, centroids.dimensions) {}

void NearestCentroids::find(std::span<const float> queries, std::size_t count, const OnNearest& f) {
  const std::size_t d = centroids_.dimensions;
  search_.propose_best(queries, count, proposed_);
  for (std::size_t at = 0; at < proposed_.size();) {
    const u32 query = proposed_[at].query;
    near_.clear();
    for (; at < proposed_.size() && proposed_[at].query == query; ++at) {
      const u32 number = proposed_[at].candidate;
      near_.push_back({number, cosine(queries.subspan(query * d, d), centroids_[number])});
    }
    std::sort(near_.begin(), near_.end(), [](const NearCentroid& a, const NearCentroid& b) {
      return a.cosine != b.cosine ? a.cosine > b.cosine : a.number < b.number;
    });
    f(query, std::span(near_).first(std::min(count, near_.size())));
  }
}

NearestInBlocks::NearestInBlocks(Cluster& cluster, const Centroids& centroids, std::size_t count,
                                 OnDocument f)
    : cluster_(cluster),
      nearest_(centroids),
      dimensions_(centroids.dimensions),
      count_(count),
      on_document_(std::move(f)),
      lease_(cluster.budget.lease("vectors.queries", 0.05,
                                  Bytes{std::max(kBlock, sizeof(float) * dimensions_)})) {
  // Where centroids are all alike, each of them is proposed to each vector: no more than 2^20
  // pairs.
  const u64 by_pairs = (u64{1} << 20) / std::max<u64>(centroids.count(), 1);
  const u64 by_bytes = lease_.bytes() / std::max<u64>(sizeof(float) * dimensions_, 1);
  most_ = std::clamp<u64>(std::min(by_pairs, by_bytes), 1, FlatSearch::kQueries);
}

void NearestInBlocks::add(DocKey key, std::span<const float> vector) {
  documents_.push_back(key);
  vectors_.insert(vectors_.end(), vector.begin(), vector.end());
  if (documents_.size() == most_) finish();
}

void NearestInBlocks::finish() {
  if (documents_.empty()) return;
  const std::span<const float> all = vectors_;
  nearest_.find(all, count_, [&](std::size_t query, std::span<const NearCentroid> near) {
    on_document_(documents_[query], all.subspan(query * dimensions_, dimensions_), near);
  });
  documents_.clear();
  vectors_.clear();
  cluster_.watchdog.progress();
}

}  // namespace shardmill

#include "operators/nearest/vector_sample.hpp"

#include "engine/algorithm/top_k.hpp"
#include "engine/batch/wire.hpp"
#include "engine/hash/hash.hpp"

namespace shardmill {
namespace {

struct Hashed {
  u64 hash = 0;
  u64 key = 0;
  auto operator<=>(const Hashed&) const = default;
};

}  // namespace

VectorSample sample_vectors(Cluster& cluster, u64 seed, const SketchedVectors& vectors) {
  Records<Hashed> hashes(cluster, "vectors.sample", cluster.budget.lease("vectors.sample", 0.05));
  vectors.for_each([&](DocKey key, std::span<const float>) {
    if (!key.foreign()) hashes.push({mix64(seed ^ key.value), key.value});
  });
  const std::vector<Hashed> chosen = top_k(cluster, "vectors.sampled", std::move(hashes),
                                           VectorSample::kMost, std::less<Hashed>{});
  std::string mine;
  WireWriter out(mine);
  vectors.for_each([&](DocKey key, std::span<const float> vector) {
    if (key.foreign() || chosen.empty()) return;
    if (Hashed{mix64(seed ^ key.value), key.value} > chosen.back()) return;
    out.number(key.value);
    out.array(vector);
  });
  VectorSample sample;
  std::vector<float> vector;
  for (const std::string& part : cluster.control.all_gather(mine)) {
    for (WireReader in(part, "vectors of a sample"); !in.done();) {
      sample.keys.push_back(in.number());
      in.array(vector);
      sample.vectors.insert(sample.vectors.end(), vector.begin(), vector.end());
    }
  }
  return sample;
}

}  // namespace shardmill

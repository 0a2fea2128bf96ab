// dedup.minhash: near-duplicates by MinHash LSH, each drop verified exactly and witnessed.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/parameter.hpp"
#include "operators/dedup/keep_rule.hpp"
#include "operators/dedup/recollection.hpp"
#include "operators/dedup/signature/signer.hpp"
#include "operators/dedup/verify.hpp"

namespace shardmill {

struct MinHashSettings {
  Similarity similarity;
  Bands bands;
  u64 seed = 0;             // of the hash functions
  bool verify = true;       // false: every candidate counts as similar
  bool components = false;  // drop all of a connected component but its best document
  std::vector<std::string> keep;
};

[[nodiscard]] MinHashSettings minhash_settings(const Settings& settings);

// Probability that a pair of this similarity becomes a candidate: 1 - (1 - s^rows)^bands
// (Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, chapter 3).
[[nodiscard]] double expected_recall(const Bands& bands, double similarity);

class MinHashDedup final : public GlobalOperator {
 public:
  explicit MinHashDedup(MinHashSettings settings);

  [[nodiscard]] std::vector<std::string> reasons() const override { return {"near_duplicate"}; }
  [[nodiscard]] std::size_t sketch_bytes() const override;
  [[nodiscard]] bool needs_text() const override { return settings_.verify; }
  [[nodiscard]] bool compares_pairs() const override { return settings_.verify; }
  [[nodiscard]] u64 memory_per_text_byte() const override;
  [[nodiscard]] std::string sketch_settings() const override;
  void sketch(const Batch& batch, std::string& out) override;
  // The keep rule: the lexicographically first maximal independent set of the similar pairs under
  // the declared priority. Every drop names the best kept neighbour as its witness.
  void resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) override;

 private:
  // Of whom a decision never depends on those who come later.
  [[nodiscard]] bool decides_in_order() const {
    return settings_.verify && keep_.by_arrival() && !settings_.components;
  }
  [[nodiscard]] Verified verify(Cluster& cluster, Records<Candidate>&& candidates,
                                const Recollection& known, Sketches& sketches) const;
  [[nodiscard]] std::string pair_rule() const;
  [[nodiscard]] std::string decision_rule() const;

  MinHashSettings settings_;
  KeepRule keep_;
  Shingler shingler_;
  Signer signer_;
  std::vector<u32> signature_;
};

}  // namespace shardmill

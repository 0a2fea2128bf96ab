// How often a document stands in the token shards: epochs, shares and cluster_epochs of
// write.tokens.
//
// A weight is a number of copies in units of 2^-32: the whole ones are there, and one more when the
// upper 32 bits of H(seed, id) are below the rest. So 1.5 epochs have half of the documents twice,
// the same ones on any ranks and in every night. Copies after the first have places of their own in
// the shuffle: epochs are mixed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/run/decided.hpp"
#include "jobs/run/fate.hpp"
#include "jobs/run/run_counts.hpp"

namespace shardmill {

// A number of epochs as a weight.
[[nodiscard]] u64 weight_of_epochs(const Decimal& epochs);
// How often a document of this weight is there. `seed`: seed_for("weights", the job's).
[[nodiscard]] u32 copies_drawn(u64 weight, std::string_view id, u64 seed);

// The job's weights as factors. Equal on all ranks.
class TokenWeights {
 public:
  // Collective; with shares it counts the tokens of each value first, as cluster_epochs leave them:
  // a share is a part of what is published. ConfigError: a share takes more than 1,000 copies of
  // what there is, or there is nothing of any.
  TokenWeights(Cluster& cluster, const Decided& decided);

  [[nodiscard]] bool any() const { return any_; }
  [[nodiscard]] u32 split() const { return split_; }
  // Whether epochs or shares say something of this value.
  [[nodiscard]] bool names(const std::string& value) const { return factors_.contains(value); }
  // Under which the tokens of all other values are counted: "other", in so many parentheses that no
  // value is called so.
  [[nodiscard]] const std::string& rest() const { return rest_; }
  // In units of 2^-32, for a value and the size of a cluster (1: no duplicates).
  [[nodiscard]] u64 weight(const std::string* value, u32 cluster) const;

 private:
  void count_shares(Cluster& cluster, const Decided& decided);
  void share_out(const Settings& settings, Tally& tally);
  // By size alone, in units of 2^-32.
  [[nodiscard]] u64 of_cluster(u32 size) const;
  bool any_ = false;
  u32 split_ = 0;
  u64 otherwise_ = 0;  // of values that are not named
  std::map<std::string, u64> factors_;
  std::string rest_ = "other";
  std::map<u32, u64> by_cluster_;  // least size -> factor
};

// The same for the documents of one block after the other.
class TokenCopies {
 public:
  // Both outlive it.
  TokenCopies(const Decided& decided, const TokenWeights& weights);
  // The block must live as long as it is asked about.
  void begin(const Documents::Block& block);
  [[nodiscard]] u32 of(std::size_t row, std::string_view id, u32 split, const Fate& fate) const;
  // In units of 2^-32, of a document of the weighted split.
  [[nodiscard]] u64 weight(std::size_t row, const Fate& fate) const;
  // Where a copy stands in the shuffle; the first is the document's own place.
  [[nodiscard]] u64 place(const DocEntry& entry, std::string_view id, u32 copy) const;
  // Under which name its tokens are counted: its value, or rest(); nothing without weights.
  [[nodiscard]] std::optional<std::string> weighted_as(std::size_t row, u32 split) const;
  // Of what the weights go by; absent, null: nothing.
  [[nodiscard]] std::optional<std::string> value(std::size_t row) const;

 private:
  const Decided& decided_;
  const TokenWeights& weights_;
  const std::string by_;
  u64 seed_;
  u64 shuffle_seed_;
  const Documents::Block* block_ = nullptr;
  std::vector<Field> fields_;
  const Field* field_ = nullptr;  // null: no document of the block has it
};

}  // namespace shardmill

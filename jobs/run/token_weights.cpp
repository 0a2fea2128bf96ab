#include "jobs/run/token_weights.hpp"

#include <algorithm>
#include <set>

#include "cluster/agree.hpp"
#include "engine/batch/json_scalar.hpp"
#include "engine/hash/hash.hpp"
#include "jobs/run/block_tokens.hpp"
#include "jobs/run/published_tables.hpp"
#include "jobs/spec/token_rules.hpp"

namespace shardmill {
namespace {

constexpr u64 kOne = u64{1} << 32;
constexpr u64 kMostCopies = 1000;

// Millionths, rounded down.
u64 micro(const Decimal& number) {
  return static_cast<u64>(static_cast<u128>(number.numerator) * 1'000'000 / number.denominator);
}

u32 cluster_size(const Fate& fate) {
  return fate.membership == nullptr ? 1 : fate.membership->size;
}

}  // namespace

u64 weight_of_epochs(const Decimal& epochs) { return (micro(epochs) << 32) / 1'000'000; }

u32 copies_drawn(u64 weight, std::string_view id, u64 seed) {
  const u64 drawn = hash64(id, seed) >> 32;
  return static_cast<u32>((weight >> 32) + (drawn < (weight & (kOne - 1)) ? 1 : 0));
}

TokenWeights::TokenWeights(Cluster& cluster, const Decided& decided) {
  const Settings& settings = decided.job.write_tokens;
  const auto shares = settings.decimal_map("shares");
  const auto epochs = settings.decimal_map("epochs");
  const auto clusters = settings.decimal_map("cluster_epochs");
  any_ = decided.pipeline.tokenize() && weighs_tokens(settings);
  if (!any_) return;
  const std::vector<std::string>& splits = decided.splits.names();
  split_ = narrow<u32>(std::find(splits.begin(), splits.end(), weighted_split(decided.job)) -
                       splits.begin());
  otherwise_ = shares.empty() ? kOne : 0;
  for (const auto& [value, number] : epochs) factors_[value] = weight_of_epochs(number);
  for (const auto& [size, number] : clusters) {
    by_cluster_[narrow<u32>(std::stoul(size))] = weight_of_epochs(number);
  }
  for (const auto& [value, number] : shares) factors_[value] = 0;
  while (names(rest_)) rest_ = "(" + rest_ + ")";
  if (!shares.empty()) count_shares(cluster, decided);
}

void TokenWeights::count_shares(Cluster& cluster, const Decided& decided) {
  BlockTokens tokens(decided.pipeline, *decided.pipeline.tokenize());
  TokenCopies copies(decided, *this);
  Tally tally;
  u64 loaded = UINT64_MAX;
  TextColumn ids;
  for_each_fate(
      decided.pipeline, decided.documents, decided.resolution, decided.groups, decided.lineage,
      [&](const Documents::Block& block, std::size_t row, const Fate& fate) {
        if (!fate.kept()) return;
        if (block.serial != loaded) {
          loaded = block.serial;
          block.fragment.ids(block.number, ids);
          tokens.begin(block);
          copies.begin(block);
        }
        if (split_of(decided, fate, ids[row]) != split_) return;
        const u64 n = tokens.count(row, fate) + 1;
        tally["all"] += n;
        const auto value = copies.value(row);
        if (!value || !names(*value)) return;
        // By factor, so that sums stay small and exact.
        tally["value\n" + *value + "\n" + std::to_string(of_cluster(cluster_size(fate)))] += n;
      });
  tally.add_up(cluster.control);
  try {
    share_out(decided.job.write_tokens, tally);
  } catch (const ConfigError& error) {
    fail_together(error);  // all ranks have the same sums
  }
}

void TokenWeights::share_out(const Settings& settings, Tally& tally) {
  const auto shares = settings.decimal_map("shares");
  std::set<u64> by_size = {kOne};
  for (const auto& [size, factor] : by_cluster_) by_size.insert(factor);
  // Whole tokens of a value as cluster_epochs leave them, rounded up: what is there is not nothing.
  const auto tokens_of = [&](const std::string& value) {
    u128 sum = 0;  // in units of 2^-32; tokens < 2^50, factors < 2^42
    for (const u64 factor : by_size) {
      sum += static_cast<u128>(tally["value\n" + value + "\n" + std::to_string(factor)]) * factor;
    }
    return static_cast<u64>((sum + kOne - 1) >> 32);
  };
  u64 sum = 0;  // of the shares of what is there
  for (const auto& [value, share] : shares) sum += tokens_of(value) > 0 ? micro(share) : 0;
  if (sum == 0 && tally["all"] > 0) {
    throw ConfigError(settings.where("shares") + ": no document of the weighted split has any of " +
                      "these values in `" + settings.text("weights_by") + "`" +
                      (by_cluster_.empty() ? "" : ", or `cluster_epochs` leave none of them"));
  }
  for (const auto& [value, share] : shares) {
    const u64 there = tokens_of(value);
    if (there == 0) continue;
    // micro(share) <= 10^9, tokens < 2^50: 30 + 50 + 32 bits.
    const u128 wanted = static_cast<u128>(micro(share)) * tally["all"] << 32;
    const u128 factor = wanted / (static_cast<u128>(sum) * there);
    if (factor > static_cast<u128>(kMostCopies) << 32) {
      throw ConfigError(settings.where("shares") + ": the share of `" + value + "` takes " +
                        std::to_string(static_cast<u64>(factor >> 32)) + " copies of its " +
                        std::to_string(there) + " tokens" +
                        (by_cluster_.empty() ? "" : ", as `cluster_epochs` leave them") +
                        "; at most " + std::to_string(kMostCopies));
    }
    factors_[value] = static_cast<u64>(factor);
  }
}

u64 TokenWeights::of_cluster(u32 size) const {
  const auto above = by_cluster_.upper_bound(size);
  return above == by_cluster_.begin() ? kOne : std::prev(above)->second;
}

u64 TokenWeights::weight(const std::string* value, u32 cluster) const {
  const auto named = value == nullptr ? factors_.end() : factors_.find(*value);
  const u64 factor = named == factors_.end() ? otherwise_ : named->second;
  return static_cast<u64>(static_cast<u128>(factor) * of_cluster(cluster) >> 32);
}

TokenCopies::TokenCopies(const Decided& decided, const TokenWeights& weights)
    : decided_(decided),
      weights_(weights),
      by_(decided.job.write_tokens.text("weights_by")),
      seed_(seed_for("weights", decided.job.seed)),
      shuffle_seed_(seed_for("shuffle", decided.job.seed)) {}

void TokenCopies::begin(const Documents::Block& block) {
  block_ = &block;
  field_ = nullptr;
  if (!weights_.any() || by_ == "source") return;
  block.fragment.fields(block.number, fields_);
  const auto named = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const Field& field) { return field.name == by_; });
  if (named != fields_.end()) field_ = &*named;
}

std::optional<std::string> TokenCopies::value(std::size_t row) const {
  if (by_ == "source") return decided_.job.sources[block_->entries[row].source].settings.name;
  if (field_ == nullptr || !field_->json.has(row) || field_->json[row] == "null") return {};
  const std::string_view json = field_->json[row];
  return json.starts_with('"') ? decode_json_string(json) : std::string(json);
}

u32 TokenCopies::of(std::size_t row, std::string_view id, u32 split, const Fate& fate) const {
  if (!weights_.any() || split != weights_.split()) return 1;
  return copies_drawn(weight(row, fate), id, seed_);
}

u64 TokenCopies::weight(std::size_t row, const Fate& fate) const {
  const auto named = value(row);
  return weights_.weight(named ? &*named : nullptr, cluster_size(fate));
}

u64 TokenCopies::place(const DocEntry& entry, std::string_view id, u32 copy) const {
  return copy == 0 ? entry.place : hash64(id, shuffle_seed_ + copy);
}

std::optional<std::string> TokenCopies::weighted_as(std::size_t row, u32 split) const {
  if (!weights_.any() || split != weights_.split()) return {};
  const auto named = value(row);
  return named && weights_.names(*named) ? *named : weights_.rest();
}

}  // namespace shardmill

// The part of `verify` that looks at token shards, each by itself, and at their sums.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "jobs/command/dataset.hpp"
#include "jobs/command/placement.hpp"
#include "jobs/command/verify_findings.hpp"
#include "jobs/run/pipeline.hpp"
#include "operators/tokenize/tokenizer.hpp"

namespace shardmill {

class TokenShardCheck {
 public:
  // `tokenizer`: the one that made the tokens; null when it cannot be had. All outlive it.
  TokenShardCheck(const Dataset& dataset, const Job& job, const Pipeline& pipeline,
                  const Placement& placement, const Tokenizer* tokenizer, VerifyFindings& findings);

  // It can be read to its end, is of the format that the job asks for, says what the manifest says
  // and has its files beside it; its documents are in order and belong where they are.
  void shard(const ShardRecord& shard);
  // After all shards: tokens and documents of each split are those of the manifest. Nothing where a
  // shard could not be read.
  void sums();

 private:
  void files(const ShardRecord& shard, bool samples);
  void documents(const ShardRecord& shard);
  void format(const ShardRecord& shard, const TokenFormat& found);
  u64 corpus(const ShardRecord& shard);
  u64 samples(const ShardRecord& shard);
  [[nodiscard]] u64 documents_expected(const std::string& split) const;

  const Dataset& dataset_;
  const Job& job_;
  const Step* step_;  // null: the job makes no tokens
  const Placement& placement_;
  VerifyFindings& findings_;
  bool allow_special_ = false;         // a text may name the end token then
  std::optional<TokenFormat> format_;  // of all shards, as far as it is known
  bool whole_ = true;
  std::map<std::string, u64> documents_;  // by split
  std::map<std::string, u64> tokens_;     // by split
};

}  // namespace shardmill

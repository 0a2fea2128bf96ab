// The part of `verify` that looks at what token shards hold: whose tokens, and of which text.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/command/dataset.hpp"
#include "jobs/command/verify_counts.hpp"
#include "jobs/command/verify_findings.hpp"
#include "jobs/command/verify_ledger.hpp"
#include "operators/tokenize/tokenizer.hpp"

namespace shardmill {

// Texts are tokenised again, so their ids are known; documents of one split, epoch, id and source
// are told apart by sums of hashes of their keys, copies, and ids at their positions: memory does
// not grow with texts or copies. Without a tokenizer ids are not looked at.
class TokenDocumentCheck {
 public:
  // A job with `tokenize`. All outlive it.
  TokenDocumentCheck(const Dataset& dataset, const Job& job, LedgerContents& ledger,
                     Tokenizer* tokenizer, VerifyFindings& findings);

  // A text of this split, one of those that `expected` is about.
  void text(const std::string& split, std::string_view id, std::string_view source,
            std::string_view text, ExpectedText& expected);
  // After all texts, when these are exactly the kept documents:
  // * Every row of token_documents is of a kept document of its split and epoch, by its key.
  // * Each document is there as often as its weight says (of shares, columns and sizes of clusters:
  //   as its copies say, 0 to n - 1), with the ids of its text.
  // * Sums by source and mixture are those of the manifest.
  void run();

 private:
  struct Row;  // a document of a shard, or a piece of one

  void for_each(const ShardRecord& shard, const std::function<void(const Row&)>& f) const;
  void take(const ShardRecord& shard, const Row& row);
  [[nodiscard]] bool unclear(const ExpectedText& text) const;
  [[nodiscard]] bool as_expected(const ExpectedText& text) const;
  void compare();
  void name_rows();
  void sums();
  [[nodiscard]] std::string mixed_as(const std::string& source) const;

  const Dataset& dataset_;
  LedgerContents& ledger_;
  Tokenizer* tokenizer_;
  VerifyFindings& findings_;
  std::string weighted_;  // the split; empty: none
  bool by_source_ = false;
  bool by_shares_ = false;
  bool by_clusters_ = false;
  std::map<std::string, u64> weights_;  // of what the job names
  u64 seed_;
  u32 end_ = 0;
  std::vector<u32> ids_;
  u64 documents_ = 0;        // with all copies
  GroupedCounts of_texts_;   // source -> "tokens", "text_bytes"
  GroupedCounts of_shards_;  // source -> "tokens", of first copies
  GroupedCounts mixture_;    // as RunCounts
};

}  // namespace shardmill

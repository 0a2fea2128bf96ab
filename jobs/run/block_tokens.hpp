// The token ids of a block's documents as they are published.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jobs/run/fate.hpp"

namespace shardmill {

// Ids come from the store; of a document that a step takes pieces out of they are made again, from
// what is left. Each is read when it is first needed.
class BlockTokens {
 public:
  // `step`: position of the one that makes tokens.
  BlockTokens(const Pipeline& pipeline, u32 step)
      : op_(*pipeline.steps[step].global), format_(*op_.tokens()), step_(step) {}

  [[nodiscard]] const TokenFormat& format() const { return format_; }
  // The block must live as long as it is asked about.
  void begin(const Documents::Block& block);
  // Without the token that ends a document.
  [[nodiscard]] u64 count(std::size_t row, const Fate& fate);
  [[nodiscard]] u64 text_bytes(std::size_t row, const Fate& fate);
  // As the shard has them, without that one too. Lives until the next call.
  [[nodiscard]] std::string_view ids(std::size_t row, const Fate& fate);

 private:
  // Of the whole text.
  const TextSize& size(std::size_t row);
  // Of the text that is left.
  std::string_view made_again(std::size_t row, const Fate& fate);

  GlobalOperator& op_;
  const TokenFormat& format_;
  u32 step_;
  const Documents::Block* block_ = nullptr;
  std::vector<TextSize> sizes_;
  std::string sketches_;
  std::vector<std::string_view> ids_;  // by row, in sketches_
  BlockTexts texts_;
  Batch document_;
  std::string made_;
};

}  // namespace shardmill

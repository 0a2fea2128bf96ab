// The step `tokenize`: the token ids of each text, kept in the store and published as token shards.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/plan/global_operator.hpp"
#include "engine/plan/parameter.hpp"
#include "operators/tokenize/tokenizer.hpp"

namespace shardmill {

[[nodiscard]] TokenizerSettings tokenize_settings(const Settings& settings);

// What ends a document; nothing when the tokenizer has no such token.
[[nodiscard]] std::optional<u32> end_token(const Tokenizer& tokenizer,
                                           const TokenizerSettings& settings);
// What token shards call the tokenizer.
[[nodiscard]] std::string token_format_name(const TokenizerSettings& settings);

// Its sketches are the ids; it decides nothing. The tokenizer is loaded when it is first needed.
class TokenizeStep final : public GlobalOperator {
 public:
  explicit TokenizeStep(TokenizerSettings settings) : settings_(std::move(settings)) {}

  [[nodiscard]] std::vector<std::string> reasons() const override { return {}; }
  [[nodiscard]] std::size_t sketch_bytes() const override { return kSketchesDiffer; }
  [[nodiscard]] std::string sketch_settings() const override;
  [[nodiscard]] std::vector<std::string> tables() const override;
  [[nodiscard]] bool sketch_reads_tables() const override { return true; }
  // By the size of its files: the tokenizer is not loaded yet.
  [[nodiscard]] u64 memory_held() override;
  // The ids of the longest text, and the same as bytes.
  [[nodiscard]] u64 memory_per_text_byte() const override { return 8; }
  // Throws ConfigError when there is no token to end documents with.
  [[nodiscard]] const TokenFormat* tokens() override;
  void leave_out(const std::vector<bool>& rows) override { left_out_ = rows; }
  void sketch(const Batch& batch, std::string& out) override;
  void resolve(Cluster&, Sketches&, u32, Findings&) override {}

 private:
  void load();

  TokenizerSettings settings_;
  std::unique_ptr<Tokenizer> tokenizer_;
  TokenFormat format_;
  std::optional<u64> memory_;
  std::vector<bool> left_out_;
  std::vector<u32> ids_;
};

// Appends ids as a token shard has them.
void append_tokens(std::span<const u32> ids, std::size_t width, std::string& out);

}  // namespace shardmill

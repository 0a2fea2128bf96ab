// Encoding "bytes": each byte is its own id, and 256 ends a text.
#pragma once

#include "operators/tokenize/added_tokens.hpp"
#include "operators/tokenize/tokenizer.hpp"

namespace shardmill {

class ByteTokenizer final : public Tokenizer {
 public:
  static constexpr u32 kEnd = 256;
  static constexpr std::string_view kEndText = "<|endoftext|>";

  explicit ByteTokenizer(bool allow_special = false) {
    if (allow_special) special_ = AddedTokens({{std::string(kEndText), kEnd}});
  }
  void encode(std::string_view text, std::vector<u32>& ids) override;
  void decode(std::span<const u32> ids, std::string& bytes) const override;
  [[nodiscard]] u64 vocabulary_size() const override { return kEnd + 1; }
  [[nodiscard]] std::optional<u32> special(std::string_view text) const override;
  [[nodiscard]] std::optional<u32> end_of_text() const override { return kEnd; }

 private:
  AddedTokens special_;
};

}  // namespace shardmill

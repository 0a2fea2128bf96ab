// Byte-level BPE, whatever file it came from.
#pragma once

#include <map>

#include "operators/tokenize/added_tokens.hpp"
#include "operators/tokenize/merger.hpp"
#include "operators/tokenize/pre_tokenizer.hpp"
#include "operators/tokenize/tokenizer.hpp"
#include "operators/tokenize/word_cache.hpp"

namespace shardmill {

struct BpeModel {
  struct Added {
    std::string text;
    u32 id = 0;
    bool special = true;      // text, unless allow_special; end_of_text is, whatever this says
    bool normalized = false;  // looked for behind the normalisation, not before it
  };

  Vocabulary vocabulary;  // has a token for each byte that UTF-8 may have
  WordPattern pattern = WordPattern::gpt2;
  bool nfc = false;  // texts are normalised; bytes that are no UTF-8 stay as they are
  std::vector<Added> added;
  std::optional<u32> end_of_text;
  u64 vocabulary_size = 0;
};

class BpeTokenizer final : public Tokenizer {
 public:
  BpeTokenizer(BpeModel model, bool allow_special);

  void encode(std::string_view text, std::vector<u32>& ids) override;
  void decode(std::span<const u32> ids, std::string& bytes) const override;
  [[nodiscard]] u64 vocabulary_size() const override { return model_.vocabulary_size; }
  [[nodiscard]] std::optional<u32> special(std::string_view text) const override;
  [[nodiscard]] std::optional<u32> end_of_text() const override { return model_.end_of_text; }
  // Whether a text that is cut and merged may have that token.
  [[nodiscard]] bool merges_make_end() const;

 private:
  [[nodiscard]] bool has_token(char byte) const;
  void encode_bytes(std::string_view text, std::vector<u32>& ids);
  void encode_normalized(std::string_view text, std::vector<u32>& ids);
  void encode_words(std::string_view text, std::vector<u32>& ids);
  void encode_word(std::string_view word, WordCache::Slot& slot, std::vector<u32>& ids);

  const BpeModel model_;
  AddedTokens before_;  // normalisation
  AddedTokens behind_;
  std::map<u32, std::string> added_text_;
  Merger merger_;
  WordCache cache_;
  std::vector<u32> word_ids_;
  std::string normal_;
  bool lacks_bytes_ = false;  // some are no tokens; instead of these there is U+FFFD
  std::string replaced_;
};

// Appends a text of any bytes in normalisation form C of Unicode 9 (unicode.hpp), of each
// well-formed stretch by itself.
void append_nfc_of_bytes(std::string_view text, std::string& out);

}  // namespace shardmill

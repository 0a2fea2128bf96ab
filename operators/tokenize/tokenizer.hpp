// Text to token ids and back.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// One thread: encoding may keep what it has learned of words.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  // Appends the ids of a text of any bytes. Special tokens in it are text, unless the tokenizer was
  // made with allow_special; what ends a document is special, whatever the file says.
  virtual void encode(std::string_view text, std::vector<u32>& ids) = 0;
  // Appends the bytes of these ids; special tokens give their text. DataError for an id that is not
  // in the vocabulary. decode(encode(x)) is x, for every x that the tokenizer does not normalise.
  virtual void decode(std::span<const u32> ids, std::string& bytes) const = 0;
  // Appends the bytes of one token as it stands between others, which may be a part of a character.
  virtual void decode_one(u32 id, std::string& bytes) const { decode({&id, 1}, bytes); }
  // All ids are below it, special tokens included.
  [[nodiscard]] virtual u64 vocabulary_size() const = 0;
  // The id of a special token by its text, "<|endoftext|>".
  [[nodiscard]] virtual std::optional<u32> special(std::string_view text) const = 0;
  // What ends a document: the token that the settings name, or the file's own.
  [[nodiscard]] virtual std::optional<u32> end_of_text() const = 0;
};

// What a job or a command line says of a tokenizer. Paths are absolute or of the current folder.
struct TokenizerSettings {
  std::string encoding;    // "gpt2", "r50k_base", "cl100k_base", "o200k_base", "bytes"; or empty
  std::string vocabulary;  // of an encoding but "bytes": its ranks, or GPT-2's encoder.json
  std::string merges;      // beside encoder.json: vocab.bpe
  std::string tokenizer;   // instead of an encoding: tokenizer.json or a SentencePiece .model
  bool allow_special = false;
  std::string eos;  // text of the special token that ends a document; empty: the tokenizer's own
};

// Throws ConfigError for settings that do not go together and DataError (file, place, what was
// expected) for a file that cannot be used: what is not known is refused by name, never tokenised
// in another way. ConfigError when no token is called `eos`, or merges would make it of a text.
[[nodiscard]] std::unique_ptr<Tokenizer> load_tokenizer(const TokenizerSettings& settings);

}  // namespace shardmill

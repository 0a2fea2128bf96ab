// SentencePiece models, by the library of that name (Kudo and Richardson 2018).
#pragma once

#include <string>
#include <string_view>

#include "operators/tokenize/tokenizer.hpp"

namespace shardmill {

// The library normalises a text as its model says, so that decode(encode(x)) may differ from x:
// white space runs, compatibility characters, bytes that are no UTF-8.
class SentencePieceTokenizer final : public Tokenizer {
 public:
  // Whether the program was built with the library. If not, the constructor throws ConfigError.
  [[nodiscard]] static bool available();

  // `content` is that of the file `path`, which is for messages. DataError when it is no model.
  SentencePieceTokenizer(const std::string& path, std::string_view content);
  ~SentencePieceTokenizer() override;

  void encode(std::string_view text, std::vector<u32>& ids) override;
  void decode(std::span<const u32> ids, std::string& bytes) const override;
  // With the space that begins a text, which decode() leaves out.
  void decode_one(u32 id, std::string& bytes) const override;
  [[nodiscard]] u64 vocabulary_size() const override;
  // Control pieces: "<s>", "</s>".
  [[nodiscard]] std::optional<u32> special(std::string_view text) const override;
  [[nodiscard]] std::optional<u32> end_of_text() const override;  // eos_id of the model

 private:
  struct Model;
  std::unique_ptr<Model> model_;
};

}  // namespace shardmill

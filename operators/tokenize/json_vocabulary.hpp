// What encoder.json of GPT-2 and tokenizer.json share: tokens in the byte alphabet with their ids,
// and pairs of them that merge.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "operators/tokenize/vocabulary.hpp"

namespace shardmill {

// DataError with the byte offset when it is no JSON.
[[nodiscard]] nlohmann::json parse_json(const std::string& path, std::string_view content);

struct JsonTokens {
  TokenBytes tokens;
  // Those that are not written in the byte alphabet: no merge makes them, and no text is one, but
  // where it is an added token. They have an id in `tokens`. GPT-NeoX and its kin have runs of
  // blanks both ways.
  std::map<std::string, u32> unspelt;
};

// {"token": id, …}, with at most 65,536 ids more than tokens. `place` is for messages:
// "model.vocab: ".
[[nodiscard]] JsonTokens tokens_of_json(const std::string& path, const std::string& place,
                                        const nlohmann::json& vocabulary);

// Merges in the order of their ranks.
class MergeList {
 public:
  MergeList(std::string path, const TokenBytes& tokens, std::size_t merges)
      : path_(std::move(path)), tokens_(tokens), pairs_(merges) {}
  // Adds the next one. `place` is for messages: "line 17". DataError when a side or the result is
  // no token, and when the pair is there already.
  void add(const std::string& place, std::string_view left, std::string_view right);
  [[nodiscard]] PairTable take() { return std::move(pairs_); }

 private:
  [[nodiscard]] u32 id(const std::string& place, std::string_view letters,
                       std::string& bytes) const;
  std::string path_;
  const TokenBytes& tokens_;
  PairTable pairs_;
  u32 rank_ = 0;
};

}  // namespace shardmill

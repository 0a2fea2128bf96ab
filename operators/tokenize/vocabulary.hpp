// The tokens of byte-level BPE and how they merge.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operators/tokenize/pair_table.hpp"

namespace shardmill {

// Ids and their bytes; no two ids that are found have the same. Ids may have gaps.
class TokenBytes {
 public:
  static constexpr u32 kMostIds = u32{1} << 24;  // what a table by id may take: far above any

  // Returns false, and changes nothing, when the id or the bytes are there already. The id is below
  // kMostIds, the bytes are not empty.
  bool add(u32 id, std::string_view bytes);
  // Of a token that no text becomes: find() does not know it, and others may have its bytes.
  bool add_unfound(u32 id, std::string_view bytes);
  // Empty: no such id.
  [[nodiscard]] std::string_view bytes(u32 id) const {
    if (id >= tokens_.size()) return {};
    return {text_.data() + tokens_[id].begin, tokens_[id].length};
  }
  [[nodiscard]] std::optional<u32> find(std::string_view bytes) const;
  // One more than the largest id.
  [[nodiscard]] u32 id_limit() const { return static_cast<u32>(tokens_.size()); }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  struct Token {
    u64 begin = 0;
    u32 length = 0;
  };
  [[nodiscard]] std::size_t place(std::string_view bytes, u64 hash) const;
  void grow();
  void keep(u32 id, std::string_view bytes);

  std::string text_;
  std::vector<Token> tokens_;  // by id
  // id + 1, above it half of the hash of the bytes; open addressing, half full.
  std::vector<u64> by_bytes_ = std::vector<u64>(1024);
  std::size_t count_ = 0;
};

struct Vocabulary {
  TokenBytes tokens;
  PairTable pairs{0};
  // A word that is a token is that token, whether or not merges would make it.
  bool whole_words = false;
};

// As tiktoken merges: any two tokens whose bytes together are a token, by its id. Takes time in the
// number of bytes of all tokens.
[[nodiscard]] PairTable pairs_by_bytes(const TokenBytes& tokens);

// DataError, naming `path`, when a byte is no token by itself: some text could not be encoded.
void require_all_bytes(const std::string& path, const TokenBytes& tokens);
// The same of bytes that well-formed UTF-8 may have: all but C0, C1 and F5 to FF.
void require_bytes_of_utf8(const std::string& path, const TokenBytes& tokens);

}  // namespace shardmill

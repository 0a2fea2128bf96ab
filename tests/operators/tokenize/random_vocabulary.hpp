// Vocabularies without sense, in which merges compete as they rarely do in real ones.
#pragma once

#include "operators/tokenize/vocabulary.hpp"
#include "tests/operators/text/vectors.hpp"

namespace shardmill::testing {

inline TokenBytes all_bytes() {
  TokenBytes tokens;
  for (u32 byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    tokens.add(byte, {&c, 1});
  }
  return tokens;
}

// Tokens of two tokens before them, the first of which are the bytes of `letters`. Merges are those
// pairs in any order, or what pairs_by_bytes finds.
inline Vocabulary random_vocabulary(Random& random, std::string_view letters, std::size_t tokens,
                                    bool by_bytes) {
  Vocabulary vocabulary;
  vocabulary.tokens = all_bytes();
  std::vector<u32> parts;
  for (const char c : letters) parts.push_back(static_cast<u8>(c));
  struct Pair {
    u32 left;
    u32 right;
    u32 both;
  };
  std::vector<Pair> pairs;
  for (u32 id = 256; id < 256 + tokens;) {
    const u32 left = parts[random.below(parts.size())];
    const u32 right = parts[random.below(parts.size())];
    std::string bytes(vocabulary.tokens.bytes(left));
    bytes += vocabulary.tokens.bytes(right);
    if (bytes.size() > 40) continue;
    const auto known = vocabulary.tokens.find(bytes);
    if (!known) {
      vocabulary.tokens.add(id, bytes);
      parts.push_back(id);
    }
    pairs.push_back({left, right, known.value_or(id)});
    if (!known) ++id;
  }
  if (by_bytes) {
    vocabulary.pairs = pairs_by_bytes(vocabulary.tokens);
    return vocabulary;
  }
  vocabulary.pairs = PairTable(pairs.size());
  for (u32 rank = 0; rank < pairs.size(); ++rank) {
    std::swap(pairs[rank], pairs[rank + random.below(pairs.size() - rank)]);
    vocabulary.pairs.add(pairs[rank].left, pairs[rank].right, {rank, pairs[rank].both});
  }
  return vocabulary;
}

inline std::string random_word(Random& random, std::string_view letters, std::size_t length) {
  std::string word;
  while (word.size() < length) {
    // Runs and what came before make ties and long tokens.
    const u64 kind = random.below(8);
    if (kind == 0) word.append(random.below(40), letters[random.below(letters.size())]);
    if (kind == 1) word += word.substr(random.below(word.size() + 1), 60);
    if (kind > 1) word += letters[random.below(letters.size())];
  }
  word.resize(length);
  return word;
}

}  // namespace shardmill::testing

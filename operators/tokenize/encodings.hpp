// Encodings known by name.
#pragma once

#include <string>
#include <vector>

#include "operators/tokenize/bpe_tokenizer.hpp"

namespace shardmill {

struct Encoding {
  std::string name;
  WordPattern pattern;
  u32 ranks;  // how many its rank file has
  u64 vocabulary_size;
  std::vector<AddedToken> special;  // the first ends a text
};

// gpt2, r50k_base, cl100k_base, o200k_base, as tiktoken defines them (openai_public.py).
[[nodiscard]] const std::vector<Encoding>& encodings();

}  // namespace shardmill

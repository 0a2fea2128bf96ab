// How much memory a tokenizer takes, from what its files are made of.
#pragma once

#include "operators/tokenize/tokenizer.hpp"

namespace shardmill {

// A bound of what load_tokenizer has at once, which is more than the tokenizer holds afterwards,
// and of what encoding keeps beside the text. Reads the files, decoded, without holding them; files
// that are not there count nothing. Of a SentencePiece model, twice what was measured.
[[nodiscard]] u64 tokenizer_memory(const TokenizerSettings& settings);

}  // namespace shardmill

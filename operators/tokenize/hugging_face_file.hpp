// tokenizer.json of Hugging Face's tokenizers, when it is byte-level BPE.
#pragma once

#include <string>
#include <string_view>

#include "operators/tokenize/bpe_tokenizer.hpp"

namespace shardmill {

// `content` is that of `path`, which is for messages. What is not known is a DataError that names
// it: other models, normalizers, pre-tokenizers, decoders, regular expressions and settings than
//
//   model          BPE, merges as "a b" or ["a", "b"], ignore_merges, no dropout or byte_fallback;
//                  a token for each byte that UTF-8 may have
//   normalizer     none, NFC
//   pre_tokenizer  ByteLevel, or Sequence of Split by a known regular expression and ByteLevel, or
//                  with the three expressions of DeepSeek V3, or of Digits (each by itself) and
//                  ByteLevel, without add_prefix_space
//   decoder        ByteLevel
//   added_tokens   without lstrip, rstrip, single_word
//   truncation, padding: none
//
// The post_processor is not looked at: it adds tokens around a text. Added tokens that are not
// special are always found in a text, as by that library with encode_special_tokens.
[[nodiscard]] BpeModel read_hugging_face_file(const std::string& path, std::string_view content);

}  // namespace shardmill

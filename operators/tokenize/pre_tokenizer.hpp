// A text cut into words, as the regular expressions of known tokenizers do it; merges stay inside
// of words.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cluster/types.hpp"

namespace shardmill {

enum class WordPattern {
  gpt2,         // also r50k, and ByteLevel with use_regex of tokenizer.json
  gpt2_digits,  // the same of what is between digits, each of which is a word
  cl100k,       // also Llama 3
  qwen2,        // cl100k, with each digit by itself
  o200k,
  deepseek3,  // numbers first, then Chinese characters and kana, then all else
};

// By the exact texts of its regular expressions, each of which cuts what those before it left;
// nothing when they are none that we know.
[[nodiscard]] std::optional<WordPattern> word_pattern(std::span<const std::string> regexes);

// Cuts words off the front of [at, end) until `ends` is full or the text is; fills `ends` with
// pointers behind each word and returns how many there are. `end` is where the text ends: what
// follows decides where a run of white space is cut. Any bytes; linear in the length of the text.
std::size_t cut_words(WordPattern pattern, const char* at, const char* end,
                      std::span<const char*> ends);

}  // namespace shardmill

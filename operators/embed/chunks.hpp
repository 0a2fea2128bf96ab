// Cutting a text into chunks of words.
#pragma once

#include <string_view>
#include <vector>

#include "operators/text/word_scanner.hpp"

namespace shardmill {

// Chunks begin every words - overlap words; the last is the first one that reaches the text's end.
// A chunk begins where its first word does (the first one with the text) and ends where the next
// word behind it begins (the last one with the text): without overlap they are the text, one after
// the other.
class Chunker {
 public:
  // words > overlap.
  Chunker(u64 words, u64 overlap) : words_(words), step_(words - overlap) {}
  // Appends the chunks of `text`, valid UTF-8, at least one. They are parts of it.
  void append(std::string_view text, std::vector<std::string_view>& chunks);

 private:
  u64 words_;
  u64 step_;
  WordScanner scanner_;
  std::vector<std::size_t> begins_;  // bytes, of chunks of this text
  std::vector<std::size_t> ends_;
};

}  // namespace shardmill

// The text that words are taken from: NFKC_Casefold of a document. Never published.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "operators/text/byte_kernels.hpp"

namespace shardmill {

// True when the hash text and the words of a text are those of its parts before and from this code
// point on: nothing composes across, and no word goes on. Of the other planes, always false.
[[nodiscard]] bool begins_apart(char32_t code_point);

// Folds one document after the other into one buffer.
//
// Exactly toNFKC_Casefold (unicode.hpp), but nearly all of it without the library: runs of ASCII
// are lower-cased 32 bytes at a time, and a code point of the Basic Multilingual Plane whose
// successor does not combine with it is looked up in a table that was made with the library at the
// start. Whatever is left (combining sequences, the other planes) goes to the library, cut where
// Unicode guarantees that the parts are independent. So Latin-1 letters, typographic quotes,
// Cyrillic or Han cost a few nanoseconds a character.
class HashText {
 public:
  // Readable zero bytes behind the folded text, for kernels that read whole blocks.
  static constexpr std::size_t kPadding = 64;

  explicit HashText(const ByteKernels& kernels = best_byte_kernels());

  // `text` is valid UTF-8. The result lives until the next call and is followed by kPadding zeros.
  std::string_view fold(std::string_view text);
  // Gives the buffers back; the last result is gone.
  void release();

 private:
  void reserve(std::size_t bytes);
  std::size_t fold_run(std::string_view text, std::size_t at);
  std::size_t fold_piece(std::string_view text, std::size_t at);

  const ByteKernels& kernels_;
  std::vector<char> folded_;
  std::size_t size_ = 0;
  std::string piece_;
};

}  // namespace shardmill

// The words of a document.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operators/text/hash_text.hpp"
#include "operators/text/word_class.hpp"

namespace shardmill {

// Lists the words of one document after the other, reusing its buffers: one for each worker.
//
// A word is a maximal run of letters, marks and numbers (word_class.hpp) of the hash text; a code
// point of class `alone` is a word by itself. Borders are found 64 bytes at a time as bit masks
// (Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019, section 3).
class WordScanner {
 public:
  explicit WordScanner(const ByteKernels& kernels = best_byte_kernels());

  // Finds the words of `text`, valid UTF-8 of less than 2 GiB; returns their number. What the other
  // functions give refers to the last text.
  std::size_t scan(std::string_view text);

  [[nodiscard]] std::size_t size() const { return count_; }
  // Word i, folded; lives until the next scan.
  [[nodiscard]] std::string_view operator[](std::size_t i) const {
    return folded_.substr(begin_[i], end_[i] - begin_[i]);
  }
  // XXH3-64 of each word, in order. `hashes` has size() elements.
  void hash(std::span<u64> hashes) const;
  // Gives its buffers back, if a text without a place to cut has made them large.
  void release_if_large();
  // Appends the words with one space between them.
  void append_joined(std::string& joined) const;

 private:
  void mark_above_ascii(std::size_t blocks);

  const ByteKernels& kernels_;
  const WordClasses& classes_;
  HashText hash_text_;
  std::string_view folded_;
  // For each 64 bytes of the hash text: bytes of words, bytes above ASCII, first bytes of words
  // that begin even when the byte before is of a word too.
  std::vector<u64> word_;
  std::vector<u64> above_;
  std::vector<u64> border_;
  // Room for as many words as the text could have, touched only where it has them.
  std::unique_ptr<u32[]> begin_;
  std::unique_ptr<u32[]> end_;
  std::size_t room_ = 0;
  std::size_t count_ = 0;
};

}  // namespace shardmill

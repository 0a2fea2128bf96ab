// Which code points words are made of.
#pragma once

#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

enum class WordClass : u8 {
  none,   // ends a word
  part,   // a letter, mark or number: belongs to the word it stands in
  alone,  // a letter, mark or number of a script written without spaces: a word by itself
};

// General category L*, M*, N* of Unicode 14 (word_ranges.inc); `alone` in the blocks of Han, kana,
// Thai, Lao, Khmer and Myanmar. Independent of the Unicode library at hand. Unassigned code points
// and surrogates are `none`.
class WordClasses {
 public:
  WordClasses();
  [[nodiscard]] WordClass operator()(char32_t code_point) const {
    const u32 block = blocks_[code_point >> 8];
    return static_cast<WordClass>(classes_[(block << 8) | (code_point & 0xff)]);
  }
  // The one table of the process; built at the first call, about a millisecond.
  static const WordClasses& get();

 private:
  std::vector<u32> blocks_;  // one for each 256 code points
  std::vector<u8> classes_;  // equal blocks stored once
};

}  // namespace shardmill

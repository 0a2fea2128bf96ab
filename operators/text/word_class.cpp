#include "operators/text/word_class.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace shardmill {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr Range kWordRanges[] = {
#include "operators/text/word_ranges.inc"
};

constexpr Range kAloneRanges[] = {
    // Han radicals, iteration and number signs, kana, ideographs with their extensions
    {0x2E80, 0x2FDF},
    {0x3005, 0x3007},
    {0x3021, 0x3029},
    {0x3038, 0x303B},
    {0x3041, 0x30FF},
    {0x31F0, 0x31FF},
    {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},
    {0xF900, 0xFAFF},
    {0x1AFF0, 0x1AFFF},
    {0x1B000, 0x1B16F},
    {0x20000, 0x3FFFF},
    // Thai, Lao, Myanmar with its extensions, Khmer
    {0x0E00, 0x0E7F},
    {0x0E80, 0x0EFF},
    {0x1000, 0x109F},
    {0xA9E0, 0xA9FF},
    {0xAA60, 0xAA7F},
    {0x1780, 0x17FF},
};

constexpr u32 kBlocks = 0x110000 >> 8;

}  // namespace

WordClasses::WordClasses() {
  std::vector<u8> flat(std::size_t{kBlocks} << 8, static_cast<u8>(WordClass::none));
  for (const Range& range : kWordRanges) {
    std::fill(flat.begin() + range.first, flat.begin() + range.last + 1,
              static_cast<u8>(WordClass::part));
  }
  for (const Range& range : kAloneRanges) {
    std::replace(flat.begin() + range.first, flat.begin() + range.last + 1,
                 static_cast<u8>(WordClass::part), static_cast<u8>(WordClass::alone));
  }
  std::map<std::array<u8, 256>, u32> known;
  for (u32 block = 0; block < kBlocks; ++block) {
    std::array<u8, 256> content{};
    std::copy_n(flat.begin() + (block << 8), 256, content.begin());
    const auto [at, added] = known.emplace(content, static_cast<u32>(known.size()));
    if (added) classes_.insert(classes_.end(), content.begin(), content.end());
    blocks_.push_back(at->second);
  }
}

const WordClasses& WordClasses::get() {
  static const WordClasses table;
  return table;
}

}  // namespace shardmill

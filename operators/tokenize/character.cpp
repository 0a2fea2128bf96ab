#include "operators/tokenize/character.hpp"

#include <algorithm>
#include <map>

namespace shardmill {
namespace {

constexpr u8 upper = kUpper;
constexpr u8 lower = kLower;
constexpr u8 caseless = kCaseless;
constexpr u8 mark = kMark;
constexpr u8 number = kNumber;
constexpr u8 symbol = kOther;

struct Range {
  char32_t first;
  char32_t last;
  u8 kind;
};

constexpr Range kRanges[] = {
#include "operators/tokenize/category_ranges.inc"
    // White_Space
    {0x09, 0x0D, kSpace},     {0x0A, 0x0A, kNewline},   {0x0D, 0x0D, kNewline},
    {0x20, 0x20, kSpace},     {0x85, 0x85, kSpace},     {0xA0, 0xA0, kSpace},
    {0x1680, 0x1680, kSpace}, {0x2000, 0x200A, kSpace}, {0x2028, 0x2029, kSpace},
    {0x202F, 0x202F, kSpace}, {0x205F, 0x205F, kSpace}, {0x3000, 0x3000, kSpace},
};

constexpr u32 kBlocks = 0x110000 >> 8;

constexpr bool is_tail(u32 byte) { return (byte & 0xc0) == 0x80; }

}  // namespace

CharacterKinds::CharacterKinds() {
  std::vector<u8> flat(std::size_t{kBlocks} << 8, kOther);
  for (const Range& range : kRanges) {
    std::fill(flat.begin() + range.first, flat.begin() + range.last + 1, range.kind);
    if (range.kind == symbol)
      std::fill_n(symbols_.begin() + range.first, range.last + 1 - range.first, true);
  }
  std::copy_n(flat.begin(), ascii_.size(), ascii_.begin());
  std::map<std::array<u8, 256>, u32> known;
  for (u32 block = 0; block < kBlocks; ++block) {
    std::array<u8, 256> content{};
    std::copy_n(flat.begin() + (block << 8), 256, content.begin());
    const auto [at, added] = known.emplace(content, static_cast<u32>(known.size()));
    if (added) kinds_.insert(kinds_.end(), content.begin(), content.end());
    blocks_.push_back(at->second);
  }
}

const CharacterKinds& CharacterKinds::get() {
  static const CharacterKinds table;
  return table;
}

// The Unicode Standard 16, table 3-7: no overlong forms, surrogates or values above U+10FFFF.
Character CharacterKinds::beyond_ascii(const char* at, const char* end) const {
  const auto left = end - at;
  const auto byte = [at](int i) { return u32{static_cast<u8>(at[i])}; };
  const u32 first = byte(0);
  if (first >= 0xC2 && first < 0xE0) {
    if (left >= 2 && is_tail(byte(1))) return {of(((first & 0x1f) << 6) | (byte(1) & 0x3f)), 2};
  } else if (first >= 0xE0 && first < 0xF0) {
    if (left >= 3 && is_tail(byte(1)) && is_tail(byte(2))) {
      const u32 value = ((first & 0x0f) << 12) | ((byte(1) & 0x3f) << 6) | (byte(2) & 0x3f);
      if (value >= 0x800 && (value < 0xD800 || value > 0xDFFF)) return {of(value), 3};
    }
  } else if (first >= 0xF0 && first < 0xF5) {
    if (left >= 4 && is_tail(byte(1)) && is_tail(byte(2)) && is_tail(byte(3))) {
      const u32 value = ((first & 0x07) << 18) | ((byte(1) & 0x3f) << 12) |
                        ((byte(2) & 0x3f) << 6) | (byte(3) & 0x3f);
      if (value >= 0x10000 && value <= 0x10FFFF) return {of(value), 4};
    }
  }
  return {kOther, 1};
}

}  // namespace shardmill

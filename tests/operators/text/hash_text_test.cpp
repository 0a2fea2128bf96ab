#include "operators/text/hash_text.hpp"

#include <gtest/gtest.h>

#include <array>

#include "operators/text/unicode.hpp"
#include "operators/text/word_class.hpp"
#include "tests/operators/text/vectors.hpp"

namespace shardmill {
namespace {

using testing::from_hex;
using testing::Random;
using testing::utf8_of;

TEST(HashText, EqualsPythonOnEveryVectorWithEveryKernel) {
  for (const ByteKernels& kernels : byte_kernels()) {
    if (!kernels.supported) continue;
    HashText text(kernels);
    for (const auto& row : testing::read_vectors("hash_text.tsv")) {
      EXPECT_EQ(text.fold(from_hex(row[0])), from_hex(row[1])) << kernels.name << " " << row[0];
    }
  }
}

TEST(HashText, EqualsPythonOnEveryCodePointAsDoClassesAndForms) {
  HashText text;
  const WordClasses& classes = WordClasses::get();
  const auto rows = testing::read_vectors("code_points.tsv");
  ASSERT_GT(rows.size(), 500U);
  for (const auto& row : rows) {
    const auto first = static_cast<char32_t>(std::stoul(row[0], nullptr, 16));
    std::string content;
    for (char32_t c = first; c < first + 256; ++c) {
      if (c >= 0xd800 && c < 0xe000) continue;
      const std::string one = utf8_of(c);
      content.append(text.fold(one)).append("\n");
      append_nfc(one, content);
      content += '\n';
      append_case_fold(one, content);
      content += '\n';
      content += std::to_string(static_cast<int>(classes(c))) + "\n";
    }
    EXPECT_EQ(testing::to_hex(hash64(content)), row[1]) << "block " << row[0];
  }
}

std::string by_library(std::string_view text) {
  std::string out;
  append_nfkc_casefold(text, out);
  return out;
}

TEST(HashText, FastPathsEqualTheLibraryOnRandomMixtures) {
  // Characters that combine, expand, vanish or stand alone, in every neighbourhood.
  constexpr std::array<char32_t, 40> kPool = {
      'a',    'Z',    '=',    ' ',    'e',    'O',    0xe9,    0xc9,    0xdf,    0xad,
      0x300,  0x301,  0x323,  0x327,  0x338,  0x345,  0x130,   0x3a3,   0x2019,  0x201c,
      0x2026, 0xa0,   0x200d, 0xfe0f, 0x1100, 0x1161, 0x11a8,  0xac00,  0xac01,  0x304b,
      0x3099, 0xff76, 0xff9e, 0x4e00, 0xe33,  0xfdfa, 0x1f600, 0x1d400, 0x1d165, 0x378};
  HashText text;
  Random random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string mixed;
    const u64 length = 1 + random.below(12);
    for (u64 i = 0; i < length; ++i) mixed += utf8_of(kPool[random.below(kPool.size())]);
    ASSERT_EQ(text.fold(mixed), by_library(mixed)) << "round " << round;
  }
}

TEST(HashText, AnyCodePointBesideAnyLetterOrMarkEqualsTheLibrary) {
  HashText text;
  for (char32_t c = 0; c < 0x20000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    const std::string one = utf8_of(c);
    const std::string mixed =
        "A" + one + "b" + one + one + "\u00e9" + one + "\u0301" + one + "\u11a8";
    ASSERT_EQ(text.fold(mixed), by_library(mixed)) << "code point " << static_cast<u32>(c);
  }
}

TEST(HashText, AsciiEqualsTheLibraryAtEveryLengthAndZerosFollow) {
  HashText text;
  Random random(2);
  for (std::size_t length = 0; length < 200; ++length) {
    std::string ascii;
    for (std::size_t i = 0; i < length; ++i) ascii.push_back(static_cast<char>(random.below(128)));
    const std::string_view folded = text.fold(ascii);
    ASSERT_EQ(folded, by_library(ascii));
    for (std::size_t i = 0; i < HashText::kPadding; ++i) ASSERT_EQ(folded.data()[length + i], 0);
  }
}

TEST(HashText, GrowsWithTextsThatExpand) {
  HashText text;
  std::string expanding;
  for (int i = 0; i < 5000; ++i) expanding += "\u0390\ufdfa\u33ff";  // 8 bytes become some 50
  EXPECT_EQ(text.fold(expanding), by_library(expanding));
  EXPECT_EQ(text.fold("Short"), "short");
}

TEST(HashText, LowersAsciiAlikeWithEveryKernel) {
  Random random(3);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    const u64 length = random.below(150);
    const u64 ascii = random.below(150);
    for (u64 i = 0; i < length; ++i) {
      bytes.push_back(static_cast<char>(i < ascii ? random.below(128) : random.below(256)));
    }
    std::string expected(length + 64, '?');
    const auto& plain = byte_kernels().front();
    const std::size_t run = plain.lower_ascii(bytes.data(), length, expected.data());
    for (const ByteKernels& kernels : byte_kernels()) {
      if (!kernels.supported) continue;
      std::string got(length + 64, '!');
      ASSERT_EQ(kernels.lower_ascii(bytes.data(), length, got.data()), run) << kernels.name;
      ASSERT_EQ(got.substr(0, run), expected.substr(0, run)) << kernels.name;
    }
  }
}

}  // namespace
}  // namespace shardmill

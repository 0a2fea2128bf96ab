#include "operators/text/word_scanner.hpp"

#include <gtest/gtest.h>

#include "operators/text/count.hpp"
#include "operators/text/utf8.hpp"
#include "tests/operators/text/vectors.hpp"

namespace shardmill {
namespace {

using testing::from_hex;
using testing::Random;
using testing::utf8_of;

std::vector<std::string> words_of(WordScanner& scanner, std::string_view text) {
  scanner.scan(text);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < scanner.size(); ++i) words.emplace_back(scanner[i]);
  return words;
}

// The definition, one code point after the other, on text that folding leaves as it is.
std::vector<std::string> words_by_definition(std::string_view folded) {
  std::vector<std::string> words;
  bool open = false;
  for (std::size_t at = 0; at < folded.size();) {
    const CodePoint here = code_point_at(folded.data() + at);
    const WordClass kind = WordClasses::get()(here.value);
    if (kind == WordClass::alone || (kind == WordClass::part && !open)) words.emplace_back();
    if (kind != WordClass::none) words.back().append(folded, at, here.length);
    open = kind == WordClass::part;
    at += here.length;
  }
  return words;
}

TEST(WordScanner, HashesEqualPythonOnEveryVectorWithEveryKernel) {
  for (const ByteKernels& kernels : byte_kernels()) {
    if (!kernels.supported) continue;
    WordScanner scanner(kernels);
    std::vector<u64> hashes;
    for (const auto& row : testing::read_vectors("hash_text.tsv")) {
      hashes.resize(scanner.scan(from_hex(row[0])));
      scanner.hash(hashes);
      std::string listed;
      for (const u64 hash : hashes) listed += (listed.empty() ? "" : ",") + testing::to_hex(hash);
      EXPECT_EQ(listed, row[2]) << kernels.name << " " << row[0];
    }
  }
}

TEST(WordScanner, FindsBordersAtEveryOffset) {
  for (const ByteKernels& kernels : byte_kernels()) {
    if (!kernels.supported) continue;
    WordScanner scanner(kernels);
    for (const std::string middle :
         {"abc", "é", "漢", "漢字", "a漢b", "0漢", "\U00020000x", "-", "é漢é"}) {
      for (std::size_t before = 0; before < 140; ++before) {
        for (const std::size_t after : {0, 1, 63, 64, 65}) {
          for (const char filler : {'x', ' '}) {
            const std::string text =
                std::string(before, filler) + middle + std::string(after, filler);
            ASSERT_EQ(words_of(scanner, text), words_by_definition(text))
                << kernels.name << " " << before << " " << middle << " " << after;
          }
        }
      }
    }
  }
}

TEST(WordScanner, EqualsTheDefinitionOnRandomTextWithEveryKernel) {
  constexpr char32_t kPool[] = {'a',    'z',    '0',   '9',   '/',     ':',    '@',  '[',
                                '`',    '{',    ' ',   '.',   '_',     0xe9,   0xff, 0x2019,
                                0x4e00, 0x3042, 0xe01, 0x43f, 0x20000, 0x1f600};
  Random random(4);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const u64 length = random.below(300);
    const u64 variety = 1 + random.below(std::size(kPool));
    for (u64 i = 0; i < length; ++i) text += utf8_of(kPool[random.below(variety)]);
    const auto expected = words_by_definition(text);
    for (const ByteKernels& kernels : byte_kernels()) {
      if (!kernels.supported) continue;
      WordScanner scanner(kernels);
      ASSERT_EQ(words_of(scanner, text), expected) << kernels.name << " " << text;
    }
  }
}

TEST(ByteKernels, ClassifyAlikeOnRandomBytes) {
  Random random(5);
  for (int round = 0; round < 500; ++round) {
    std::string bytes;
    for (int i = 0; i < 192; ++i) bytes.push_back(static_cast<char>(random.below(256)));
    u64 word[3];
    u64 above[3];
    byte_kernels().front().classify(bytes.data(), 3, word, above);
    for (const ByteKernels& kernels : byte_kernels()) {
      if (!kernels.supported) continue;
      u64 got_word[3];
      u64 got_above[3];
      kernels.classify(bytes.data(), 3, got_word, got_above);
      for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(got_word[i], word[i]) << kernels.name;
        ASSERT_EQ(got_above[i], above[i]) << kernels.name;
      }
    }
  }
}

TEST(WordScanner, ForgetsTheTextBefore) {
  WordScanner scanner;
  scanner.scan("many words of an earlier, longer text with 漢字 in it");
  EXPECT_EQ(words_of(scanner, "Two words"), (std::vector<std::string>{"two", "words"}));
  EXPECT_EQ(scanner.scan(""), 0U);
  std::string joined;
  scanner.append_joined(joined);
  EXPECT_EQ(joined, "");
  scanner.scan("A漢B-c");
  scanner.append_joined(joined);
  EXPECT_EQ(joined, "a 漢 b c");
}

TEST(Count, CodePointsAndWords) {
  WordScanner scanner;
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(count_code_points("aé漢\U0001f600"), 4U);
  // it, s, 11, 2 (one half is 1, fraction slash, 2) and two ideographs
  EXPECT_EQ(count_words("It's 1½ 漢字.", scanner), 6U);
}

}  // namespace
}  // namespace shardmill

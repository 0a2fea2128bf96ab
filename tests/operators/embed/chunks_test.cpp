#include "operators/embed/chunks.hpp"

#include <gtest/gtest.h>

#include <random>

namespace shardmill {
namespace {

using Words = std::vector<std::string>;

Words words_of(std::string_view text) {
  WordScanner scanner;
  Words words;
  const std::size_t n = scanner.scan(text);
  for (std::size_t i = 0; i < n; ++i) words.emplace_back(scanner[i]);
  return words;
}

std::vector<std::string> chunks(const std::string& text, u64 words, u64 overlap) {
  std::vector<std::string_view> found;
  Chunker(words, overlap).append(text, found);
  return {found.begin(), found.end()};
}

std::string joined(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += part;
  return all;
}

TEST(Chunker, CutsWhereWordsBegin) {
  using Parts = std::vector<std::string>;
  EXPECT_EQ(chunks("«One», two; three! ", 1, 0), (Parts{"«One», ", "two; ", "three! "}));
  EXPECT_EQ(chunks("«One», two; three! ", 2, 1), (Parts{"«One», two; ", "two; three! "}));
  EXPECT_EQ(chunks("a b c d e", 3, 1), (Parts{"a b c ", "c d e"}));
  EXPECT_EQ(chunks("a b c d e f", 3, 2), (Parts{"a b c ", "b c d ", "c d e ", "d e f"}));
  EXPECT_EQ(chunks("a b c", 3, 2), (Parts{"a b c"}));
  EXPECT_EQ(chunks(" a ", 1, 0), (Parts{" a "}));
  EXPECT_EQ(chunks("...", 1, 0), (Parts{"..."}));
  EXPECT_EQ(chunks("", 5, 0), (Parts{""}));
  EXPECT_EQ(chunks("漢字かな", 2, 0), (Parts{"漢字", "かな"}));
  EXPECT_EQ(chunks("x e\u0301 \u00ady", 1, 0), (Parts{"x ", "e\u0301 \u00ad", "y"}));
}

// Also where a word is longer than a piece of the text that is looked at, and where a code point is
// two words, so that nothing can be cut between them.
TEST(Chunker, LosesNothingAndHasTheWordsOfTheText) {
  std::mt19937_64 random(7);
  const Words some = {"word", "Größe", "e\u0301", "漢字", "ก", "—", "“", "1", "İ", "ﬁ", "\u00ad"};
  for (int round = 0; round < 60; ++round) {
    std::string text;
    for (u64 n = random() % 900; n > 0; --n) {
      text += random() % 50 == 0 ? std::string(700, 'a') : some[random() % some.size()];
      text += random() % 5 == 0 ? "" : random() % 5 == 0 ? ".\n\n" : " ";
    }
    const Words words = words_of(text);
    const u64 size = 1 + random() % 40;
    EXPECT_EQ(joined(chunks(text, size, 0)), text);
    const u64 overlap = random() % size;
    const std::vector<std::string> parts = chunks(text, size, overlap);
    u64 begin = 0;
    for (std::size_t i = 0; i < parts.size(); ++i, begin += size - overlap) {
      const u64 end = std::min<u64>(begin + size, words.size());
      EXPECT_EQ(words_of(parts[i]), Words(words.begin() + static_cast<i64>(begin),
                                          words.begin() + static_cast<i64>(end)));
      EXPECT_EQ(end == words.size(), i + 1 == parts.size());
    }
  }
  EXPECT_EQ(chunks("one ½, x", 1, 0), (Words{"one ", "", "½, ", "x"}));
  EXPECT_EQ(chunks("one ½, x", 2, 1), (Words{"one ", "½, ", "½, x"}));
  EXPECT_EQ(joined(chunks("one ½ ㍿½ two", 1, 0)), "one ½ ㍿½ two");
}

}  // namespace
}  // namespace shardmill

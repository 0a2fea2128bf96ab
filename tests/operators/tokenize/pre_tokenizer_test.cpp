#include "operators/tokenize/pre_tokenizer.hpp"

#include <gtest/gtest.h>

#include "tests/operators/text/vectors.hpp"

namespace shardmill {
namespace {

using testing::from_hex;

std::vector<std::string> words(WordPattern pattern, std::string_view text,
                               std::size_t batch = 256) {
  std::vector<const char*> ends(batch);
  std::vector<std::string> found;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const std::size_t count = cut_words(pattern, at, end, ends);
    for (std::size_t i = 0; i < count; ++i) {
      found.emplace_back(at, ends[i]);
      at = ends[i];
    }
  }
  return found;
}

using Words = std::vector<std::string>;
using Regexes = std::vector<std::string>;

TEST(PreTokenizer, CutsAsThePatternsSay) {
  EXPECT_EQ(words(WordPattern::gpt2, "I'll go  on.\n\nIT'S 12345 "),
            (Words{"I", "'ll", " go", " ", " on", ".", "\n", "\n", "IT", "'", "S", " 12345", " "}));
  EXPECT_EQ(words(WordPattern::cl100k, "I'll go  on.\n\nIT'S 12345 "),
            (Words{"I", "'ll", " go", " ", " on", ".\n\n", "IT", "'S", " ", "123", "45", " "}));
  EXPECT_EQ(words(WordPattern::qwen2, "a 123"), (Words{"a", " ", "1", "2", "3"}));
  EXPECT_EQ(words(WordPattern::o200k, "fooBar IT'S http://x"),
            (Words{"foo", "Bar", " IT'S", " http", "://", "x"}));
}

TEST(PreTokenizer, UpperCaseBehindAMarkOrACaselessLetterIsAWordOfItsOwn) {
  EXPECT_EQ(words(WordPattern::o200k, "\u65e5ABC"), (Words{"\u65e5", "ABC"}));
  EXPECT_EQ(words(WordPattern::o200k, "\u0301ABC"), (Words{"\u0301", "ABC"}));
  EXPECT_EQ(words(WordPattern::o200k, "!ABC"), (Words{"!ABC"}));
  EXPECT_EQ(words(WordPattern::o200k, "AB\u65e5"), (Words{"AB\u65e5"}));
}

TEST(PreTokenizer, WhiteSpaceKnowsWhereTheTextEnds) {
  EXPECT_EQ(words(WordPattern::gpt2, "a   "), (Words{"a", "   "}));
  EXPECT_EQ(words(WordPattern::gpt2, "   a"), (Words{"  ", " a"}));
  EXPECT_EQ(words(WordPattern::cl100k, " \n\t\n  x"), (Words{" \n\t\n", " ", " x"}));
}

TEST(PreTokenizer, DigitsAreWordsBetweenThoseOfGpt2) {
  const auto cut = [](std::string_view text) { return words(WordPattern::gpt2_digits, text); };
  EXPECT_EQ(cut("in  2024, x"), (Words{"in", "  ", "2", "0", "2", "4", ",", " x"}));
  EXPECT_EQ(cut("\u00bd\u2163's  y"), (Words{"\u00bd", "\u2163", "'s", " ", " y"}));
  // Digits of Unicode 17; what stands beside their ranges is none.
  EXPECT_EQ(cut("a  \U00011de0\U00011de9\U00016ff6"),
            (Words{"a", "  ", "\U00011de0", "\U00011de9", "\U00016ff6"}));
  EXPECT_EQ(cut("a  \U00011dea\U00016ff7"), (Words{"a", " ", " \U00011dea\U00016ff7"}));
}

TEST(PreTokenizer, DeepSeekCutsNumbersAndChineseCharactersFirst) {
  const auto cut = [](std::string_view text) { return words(WordPattern::deepseek3, text); };
  EXPECT_EQ(cut("a1234b"), (Words{"a", "123", "4", "b"}));
  EXPECT_EQ(cut("x  12"), (Words{"x", "  ", "12"}));  // a number ends the text before it
  EXPECT_EQ(cut("x  y"), (Words{"x", " ", " y"}));
  EXPECT_EQ(cut("\u65e5\u672cABC\u3042"), (Words{"\u65e5\u672c", "ABC", "\u3042"}));
  EXPECT_EQ(cut("(caf\u00e9) ((x"), (Words{"(caf", "\u00e9", ")", " ((", "x"}));
  EXPECT_EQ(cut("\x01\x02z\x03\x04"), (Words{"\x01", "\x02z", "\x03\x04"}));
  EXPECT_EQ(cut("!\r\n x \n"), (Words{"!\r\n", " x", " \n"}));
}

// Python's `re` with the published patterns (make_words.py).
TEST(PreTokenizer, AnyBytesAreCutAsTheOracleCutsThem) {
  const std::map<std::string, WordPattern> patterns = {
      {"gpt2", WordPattern::gpt2},     {"gpt2_digits", WordPattern::gpt2_digits},
      {"cl100k", WordPattern::cl100k}, {"qwen2", WordPattern::qwen2},
      {"o200k", WordPattern::o200k},   {"deepseek3", WordPattern::deepseek3}};
  std::size_t checked = 0;
  for (const auto& row : testing::read_vectors("../tokenize/words.tsv")) {
    const std::string bytes = from_hex(row.at(1));
    for (const std::size_t batch : {1, 3, 256}) {
      std::string lengths;
      for (const std::string& word : words(patterns.at(row.at(0)), bytes, batch)) {
        lengths += (lengths.empty() ? "" : ",") + std::to_string(word.size());
      }
      EXPECT_EQ(lengths, row.at(2)) << row.at(0) << " " << row.at(1);
    }
    ++checked;
  }
  EXPECT_GE(checked, 1200U);
}

TEST(PreTokenizer, AnUnknownExpressionHasNoPattern) {
  EXPECT_FALSE(word_pattern(Regexes{R"(\w+|\s+)"}).has_value());
  EXPECT_FALSE(word_pattern(Regexes{""}).has_value());
  EXPECT_EQ(word_pattern(Regexes{
                R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"}),
            WordPattern::gpt2);
}

}  // namespace
}  // namespace shardmill

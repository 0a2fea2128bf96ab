#include "operators/contamination/alignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace shardmill {
namespace {

using Words = std::vector<u64>;

struct Weighted {
  explicit Weighted(Words list) : Weighted(list, std::vector<u8>(list.size(), 4)) {}
  Weighted(Words list, std::vector<u8> each) : words(std::move(list)), weights(std::move(each)) {
    for (const u8 weight : weights) total += weight;
  }
  [[nodiscard]] WeightedWords view() const { return {words, weights, total}; }
  Words words;
  std::vector<u8> weights;
  u64 total = 0;
};

// Longest common subsequence, as it is defined.
u64 common(const Words& a, const Words& b, std::size_t i = 0, std::size_t j = 0) {
  if (i == a.size() || j == b.size()) return 0;
  if (a[i] == b[j]) return 1 + common(a, b, i + 1, j + 1);
  return std::max(common(a, b, i + 1, j), common(a, b, i, j + 1));
}

Words random_words(std::mt19937_64& random, std::size_t count, u64 kinds) {
  Words words(count);
  for (u64& word : words) word = random() % kinds;
  return words;
}

TEST(Aligner, TheWeightIsThatOfTheLongestCommonSubsequence) {
  std::mt19937_64 random(1);
  Aligner aligner;
  for (int round = 0; round < 300; ++round) {
    const Weighted a(random_words(random, 1 + random() % 9, 1 + random() % 5));
    const Words b = random_words(random, random() % 9, 1 + random() % 5);
    aligner.set(a.view(), b);
    EXPECT_EQ(aligner.aligned_weight({0, narrow<u32>(b.size())}), 4 * common(a.words, b));
    const u32 begin = narrow<u32>(random() % (b.size() + 1));
    const Words part(b.begin() + begin, b.end());
    EXPECT_EQ(aligner.aligned_weight({begin, narrow<u32>(b.size())}), 4 * common(a.words, part));
    EXPECT_GE(aligner.present_weight(), 4 * common(a.words, b));
  }
}

TEST(Aligner, HasARunWhenRunsSaySo) {
  std::mt19937_64 random(2);
  Aligner aligner;
  for (int round = 0; round < 400; ++round) {
    // Some items take several words of bits.
    const Weighted item(random_words(random, 1 + random() % 150, 1 + random() % 9));
    Words document = random_words(random, random() % 60, 1 + random() % 12);
    const std::size_t begin = random() % item.words.size();
    const std::size_t copied = random() % (item.words.size() - begin + 1);
    document.insert(document.end(), item.words.begin() + static_cast<i64>(begin),
                    item.words.begin() + static_cast<i64>(begin + copied));
    aligner.set(item.view(), document);
    const auto runs = aligner.runs();
    const u32 longest = *std::max_element(runs.begin(), runs.end());
    EXPECT_GE(longest, copied);
    for (const u32 words : {1U, 2U, 8U, longest, longest + 1}) {
      if (words == 0) continue;
      EXPECT_EQ(aligner.has_run(words), words <= longest) << words;
    }
  }
}

TEST(Aligner, TheSpanIsWhereTheWordsAre) {
  Aligner aligner;
  const auto span = [&](const Weighted& item, const Words& document) {
    aligner.set(item.view(), document);
    const WordSpan found = aligner.best_span();
    return std::pair(found.begin, found.end);
  };
  const Weighted item({1, 2, 3, 4});
  EXPECT_EQ(span(item, {9, 1, 2, 3, 4, 9}), std::pair(1U, 5U));
  EXPECT_EQ(span(item, {9, 9}), std::pair(0U, 0U));
  EXPECT_EQ(span(item, {}), std::pair(0U, 0U));
  // Of two equal ones the first; a foreign word costs a quarter of a word.
  EXPECT_EQ(span(item, {1, 2, 3, 4, 9, 1, 2, 3, 4}), std::pair(0U, 4U));
  EXPECT_EQ(span(item, {1, 2, 9, 3, 4, 9, 1, 2, 3, 4}), std::pair(6U, 10U));
  // A word far off is worth less than what lies between costs.
  EXPECT_EQ(span(item, {1, 2, 3, 9, 9, 9, 4}), std::pair(0U, 7U));
  EXPECT_EQ(span(item, {1, 2, 3, 9, 9, 9, 9, 9, 4}), std::pair(0U, 3U));
  // Foreign is a word of the item too where it stands once too often.
  EXPECT_EQ(span(item, {1, 2, 3, 3, 3, 3, 3, 3, 4}), std::pair(0U, 3U));
  // The shortest: the last of two equal first words.
  EXPECT_EQ(span(item, {1, 1, 2, 3, 4}), std::pair(1U, 5U));
  // A heavy word is worth a long way.
  const Weighted heavy({1, 2, 3}, {1, 1, 40});
  EXPECT_EQ(span(heavy, {1, 2, 9, 9, 9, 3}), std::pair(5U, 6U));
}

TEST(Aligner, RunsEndAtEachWord) {
  Aligner aligner;
  const Weighted item({1, 2, 3, 1, 2});
  aligner.set(item.view(), Words{2, 3, 1, 9, 1, 2, 3});
  const auto runs = aligner.runs();
  EXPECT_EQ(std::vector<u32>(runs.begin(), runs.end()), (std::vector<u32>{1, 2, 3, 3, 2}));
}

}  // namespace
}  // namespace shardmill

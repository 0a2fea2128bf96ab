#include "operators/tokenize/merger.hpp"

#include <gtest/gtest.h>

#include "tests/operators/tokenize/random_vocabulary.hpp"

namespace shardmill {
namespace {

using testing::Random;
using testing::random_vocabulary;
using testing::random_word;

// As it is defined, all neighbours looked at for each merge.
std::vector<u32> merged_simply(const Vocabulary& vocabulary, std::string_view word) {
  std::vector<u32> parts;
  for (const char c : word) parts.push_back(*vocabulary.tokens.find({&c, 1}));
  for (;;) {
    std::size_t best = 0;
    Merge merge;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const Merge here = vocabulary.pairs.find(parts[i], parts[i + 1]);
      if (here.rank < merge.rank) {
        merge = here;
        best = i;
      }
    }
    if (merge.rank == Merge::kNone) return parts;
    parts[best] = merge.id;
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

std::vector<u32> merged(Merger& merger, std::string_view word) {
  std::vector<u32> ids = {7};  // it appends
  merger.merge(word, ids);
  EXPECT_EQ(ids.front(), 7U);
  ids.erase(ids.begin());
  return ids;
}

TEST(Merger, EqualsTheSimplestMethodOnWordsOfAnyLength) {
  for (u64 seed = 0; seed < 12; ++seed) {
    Random random(seed);
    const std::string_view letters = std::string_view("abcd").substr(0, 1 + seed % 4);
    const Vocabulary vocabulary = random_vocabulary(
        random, letters, letters.size() == 1 ? 12 : 5 + random.below(60), seed % 3 == 0);
    Merger merger(vocabulary);
    for (const std::size_t most : {8U, 64U, 70U, 300U, 2100U}) {
      for (int word = 0; word < (most < 100 ? 50 : 3); ++word) {
        const std::string text = random_word(random, letters, 1 + random.below(most));
        ASSERT_EQ(merged(merger, text), merged_simply(vocabulary, text))
            << "seed " << seed << ": " << text;
      }
    }
    const std::string text = random_word(random, letters, 2049 + random.below(1500));
    ASSERT_EQ(merged(merger, text), merged_simply(vocabulary, text)) << "seed " << seed;
  }
}

// "z", "yz", "yyz" …: what stands at the end of a word decides what stands hundreds of bytes before
// it, so that a window may begin with another token than the one before it says.
TEST(Merger, WindowsThatDoNotAgreeAreGivenUp) {
  constexpr u32 kTokens = 700;
  Vocabulary vocabulary;
  vocabulary.tokens = testing::all_bytes();
  vocabulary.pairs = PairTable(kTokens);
  std::string token = "z";
  u32 right = 'z';
  for (u32 rank = 0; rank < kTokens; ++rank) {
    token.insert(token.begin(), 'y');
    vocabulary.tokens.add(256 + rank, token);
    vocabulary.pairs.add('y', right, {rank, 256 + rank});
    right = 256 + rank;
  }
  Merger merger(vocabulary);
  for (std::size_t before = 500; before < 2600; before += 150) {
    const std::string word = std::string(before, 'y') + "z" + std::string(1500, 'y');
    ASSERT_EQ(merged(merger, word), merged_simply(vocabulary, word)) << before;
  }
  const std::vector<u32> ids =
      merged(merger, std::string(50'000, 'y') + "z" + std::string(70'000, 'y'));
  ASSERT_EQ(ids.size(), 120'001 - kTokens);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ASSERT_EQ(ids[i], i == 50'000 - kTokens ? 256 + kTokens - 1 : 'y') << i;
  }
}

TEST(Merger, NoWordTakesQuadraticallyManySteps) {
  Random random(5);
  const std::size_t length = std::size_t{1} << 20;
  for (const bool by_bytes : {false, true}) {
    const Vocabulary vocabulary = random_vocabulary(random, "abc ", 300, by_bytes);
    for (const std::string& word :
         {std::string(length, 'a'), std::string(length, ' '), random_word(random, "ab", length),
          random_word(random, "abc", length)}) {
      Merger merger(vocabulary);
      std::vector<u32> ids;
      merger.merge(word, ids);
      EXPECT_LT(merger.steps(), 8 * length);
    }
    for (const std::size_t size : {Merger::kShortWord, 2 * Merger::kWindow}) {
      Merger merger(vocabulary);
      std::vector<u32> ids;
      merger.merge(random_word(random, "abc", size), ids);
      EXPECT_LT(merger.steps(), 40 * size);
    }
  }
}

TEST(Merger, AByteWithoutATokenHasNoId) {
  Vocabulary vocabulary;
  ASSERT_TRUE(vocabulary.tokens.add(7, "a"));
  const Merger merger(vocabulary);
  EXPECT_EQ(merger.byte_id('a'), 7U);
  EXPECT_EQ(merger.byte_id('b'), Merger::kNone);
}

}  // namespace
}  // namespace shardmill

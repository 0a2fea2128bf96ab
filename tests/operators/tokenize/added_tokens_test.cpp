#include "operators/tokenize/added_tokens.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/operators/text/vectors.hpp"

namespace shardmill {
namespace {

using testing::Random;

std::string word(Random& random, u64 longest) {
  std::string text;
  for (u64 n = 1 + random.below(longest); n > 0; --n) text += "ab\x80\xFF"[random.below(4)];
  return text;
}

// The first place where one stands, and there the longest: by looking at all of them.
TEST(AddedTokens, FindTheFirstAndThereTheLongest) {
  Random random(7);
  for (int round = 0; round < 2000; ++round) {
    std::vector<AddedToken> tokens;
    for (u64 n = random.below(30); n > 0; --n) {
      const std::string text = word(random, 1 + random.below(6));
      const bool known = std::any_of(tokens.begin(), tokens.end(),
                                     [&](const AddedToken& token) { return token.text == text; });
      if (!known) tokens.push_back({text, static_cast<u32>(n)});
    }
    const AddedTokens added(tokens);
    const std::string text = word(random, 20);
    const auto found = added.find(text);
    std::optional<AddedTokens::Found> expected;
    for (std::size_t at = 0; at < text.size() && !expected; ++at) {
      for (const AddedToken& token : tokens) {
        if (!std::string_view(text).substr(at).starts_with(token.text)) continue;
        if (expected && expected->length > token.text.size()) continue;
        expected = AddedTokens::Found{at, token.text.size(), token.id};
      }
    }
    ASSERT_EQ(found.has_value(), expected.has_value()) << text;
    if (!found) continue;
    ASSERT_EQ(found->begin, expected->begin) << text;
    ASSERT_EQ(found->length, expected->length) << text;
    ASSERT_EQ(found->id, expected->id) << text;
  }
}

// Many tokens of one beginning, and a text of nothing but that: the time must not go with how many
// there are. Measured: 1.5 times that of a few; looking at each of them, 90 times.
TEST(AddedTokens, ManyTakeNoLongerThanFew) {
  const auto make = [](int count) {
    std::vector<AddedToken> tokens;
    for (int n = 0; n < count; ++n) {
      tokens.push_back({"<|reserved_" + std::to_string(n) + "|>", static_cast<u32>(n)});
    }
    return AddedTokens(tokens);
  };
  std::string text;
  while (text.size() < 400'000) text += "<|";
  const auto seconds = [&](const AddedTokens& tokens) {
    double least = 1e9;
    for (int round = 0; round < 7; ++round) {
      const auto start = std::chrono::steady_clock::now();
      EXPECT_FALSE(tokens.find(text).has_value());
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
      least = std::min(least, taken.count());
    }
    return least;
  };
  const double few = seconds(make(4));
  const double many = seconds(make(1000));
  std::printf("4 tokens: %.1f ns a byte; 1000: %.1f\n", few * 1e9 / 4e5, many * 1e9 / 4e5);
  EXPECT_LT(many, 15 * few);
}

}  // namespace
}  // namespace shardmill

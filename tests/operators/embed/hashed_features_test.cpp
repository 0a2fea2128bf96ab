#include "operators/embed/hashed_features.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "operators/nearest/cosine.hpp"

namespace shardmill {
namespace {

std::vector<float> vector_of(HashedFeatures& features, const std::string& text) {
  std::vector<float> vector;
  EXPECT_TRUE(features.embed(text, vector)) << text;
  (void)make_unit(vector);
  return vector;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * double{b[i]};
  return sum;
}

TEST(HashedFeatures, WeightsAreTheSameWithEveryLibrary) {
  for (u64 n = 1; n <= 1024; ++n) {
    // Far more than any library errs by.
    const double exact = 65536 * (1 + std::log(static_cast<double>(n)));
    EXPECT_GT(std::abs(exact - std::floor(exact) - 0.5), 1e-6) << n;
  }
  EXPECT_EQ(HashedFeatures::weight(1), 65536U);
  EXPECT_EQ(HashedFeatures::weight(2), 110962U);  // 65536 (1 + ln 2) = 110,962.09
  EXPECT_EQ(HashedFeatures::weight(5000), HashedFeatures::weight(1024));
}

TEST(HashedFeatures, RarityIsALogarithm) {
  EXPECT_EQ(HashedFeatures::rarity(7, 7), 0U);
  EXPECT_EQ(HashedFeatures::rarity(1, 2), 45426U);                     // 65536 ln 2 = 45,426.09
  EXPECT_EQ(HashedFeatures::rarity(1, (u64{1} << 53) - 1), 2407583U);  // 65536 · 53 ln 2
}

TEST(HashedFeatures, WhatCameBeforeDoesNotMatter) {
  HashedFeatures one(32);
  HashedFeatures other(32);
  std::string large;
  for (int i = 0; i < 6000; ++i) large += "word" + std::to_string(i * i) + " ";
  const std::vector<float> before = vector_of(one, "a small text");
  const std::vector<float> after_large = vector_of(other, large);
  EXPECT_EQ(vector_of(other, "a small text"), before);
  EXPECT_EQ(vector_of(one, large), after_large);
  std::vector<float> vector;
  EXPECT_FALSE(one.embed("", vector));
  EXPECT_FALSE(one.embed(" -- ... ", vector));
}

TEST(HashedFeatures, CaseDoesNotMatterButWordsTheirOrderAndSpellingDo) {
  HashedFeatures features(1024);
  const std::vector<float> text =
      vector_of(features, "The quick brown fox jumps over the lazy dog");
  EXPECT_EQ(text, vector_of(features, "the QUICK brown, fox jumps over: the lazy dog!"));
  const double order =
      cosine(text, vector_of(features, "dog lazy the over jumps fox brown quick The"));
  const double spelling =
      cosine(text, vector_of(features, "The quik brown fox jumped over the lasy dog"));
  const double other =
      cosine(text, vector_of(features, "Seven wizards made toxic potions by night"));
  EXPECT_LT(order, 0.95);
  EXPECT_GT(order, 0.5);
  EXPECT_GT(spelling, 0.5);
  EXPECT_LT(spelling, 0.95);
  EXPECT_LT(std::abs(other), 0.2);
}

TEST(HashedFeatures, OnlyTheFirstWordsAndCharactersCount) {
  HashedFeatures features(64);
  std::string most;
  for (std::size_t i = 0; i < HashedFeatures::kMostWords; ++i)
    most += "w" + std::to_string(i) + " ";
  EXPECT_EQ(vector_of(features, most), vector_of(features, most + "and more"));
  EXPECT_NE(vector_of(features, most), vector_of(features, "and more " + most));
  EXPECT_THROW(HashedFeatures(0), InternalError);
}

}  // namespace
}  // namespace shardmill

// Distances between distributions, against values computed by hand and their properties.
#include "jobs/checks/drift.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace shardmill {
namespace {

ColumnProfile of_values(const std::map<std::string, u64>& values) {
  ColumnProfile profile;
  for (const auto& [value, count] : values) {
    profile.values[value] = count;
    profile.lengths[static_cast<double>(value.size())] += count;
    profile.present += count;
  }
  return profile;
}

ColumnProfile of_numbers(const Histogram& numbers) {
  ColumnProfile profile;
  profile.numbers = numbers;
  profile.present = total(numbers);
  return profile;
}

u64 millionths(double value) { return static_cast<u64>(std::llround(value * 1e6)); }

TEST(Drift, OfEqualDistributionsIsNothing) {
  const ColumnProfile few = of_values({{"en", 3}, {"de", 1}});
  const ColumnProfile many = of_values({{"en", 300}, {"de", 100}});
  EXPECT_EQ(drift(few, many, "js"), 0);
  EXPECT_EQ(drift(few, many, "ks"), 0);
  EXPECT_EQ(drift(many, many, "psi"), 0);
}

TEST(Drift, OfDistributionsWithNothingInCommonIsOneBit) {
  const ColumnProfile a = of_values({{"a", 7}});
  const ColumnProfile b = of_values({{"bb", 9}});
  EXPECT_EQ(drift(a, b, "js"), 1'000'000);
  EXPECT_EQ(drift(a, b, "ks"), 1'000'000);  // of lengths
}

TEST(Drift, ByHand) {
  const ColumnProfile half = of_values({{"a", 1}, {"bb", 1}});
  const ColumnProfile most = of_values({{"a", 3}, {"bb", 1}});
  // KL(P||M) and KL(Q||M) of P = (1/2, 1/2), Q = (3/4, 1/4), M = (5/8, 3/8)
  const double js = (0.5 * std::log2(0.8) + 0.5 * std::log2(4.0 / 3)) / 2 +
                    (0.75 * std::log2(1.2) + 0.25 * std::log2(2.0 / 3)) / 2;
  EXPECT_EQ(drift(half, most, "js"), millionths(js));
  EXPECT_EQ(drift(most, half, "js"), millionths(js));  // either way
  // (1.5/3, 1.5/3) and (3.5/5, 1.5/5)
  const double psi = (0.5 - 0.7) * std::log(0.5 / 0.7) + (0.5 - 0.3) * std::log(0.5 / 0.3);
  EXPECT_EQ(drift(half, most, "psi"), millionths(psi));
  EXPECT_EQ(drift(half, most, "ks"), 250'000);
}

TEST(Drift, OfNumbersIsBetweenTheDecilesOfBefore) {
  Histogram before;
  for (double x = 1; x <= 100; ++x) before[x] = 1;
  Histogram shuffled;  // within deciles: nothing that js or psi see, but ks does
  for (double x = 1; x <= 100; x += 10) shuffled[x] = 10;
  EXPECT_EQ(drift(of_numbers(shuffled), of_numbers(before), "js"), 0);
  EXPECT_EQ(drift(of_numbers(shuffled), of_numbers(before), "psi"), 0);
  EXPECT_EQ(drift(of_numbers(shuffled), of_numbers(before), "ks"), 90'000);
  Histogram moved;
  for (double x = 101; x <= 200; ++x) moved[x] = 1;
  // All behind the last decile, where a tenth was.
  const double js = std::log2(2 / 1.1) / 2 + 0.1 * std::log2(0.2 / 1.1) / 2 + 0.9 / 2;
  EXPECT_EQ(drift(of_numbers(moved), of_numbers(before), "js"), millionths(js));
}

TEST(Drift, OfTooManyValuesIsThatOfLengths) {
  ColumnProfile many = of_values({{"a", 1}, {"bb", 1}});
  many.values.clear();
  many.many_values = true;
  EXPECT_EQ(drift(many, of_values({{"x", 1}, {"yy", 1}}), "js"), 0);
  EXPECT_EQ(drift(of_values({{"x", 1}, {"yy", 1}}), many, "psi"), 0);
}

TEST(Drift, ComparesNothingWithNothing) {
  const ColumnProfile none;
  const ColumnProfile some = of_values({{"a", 1}});
  for (const char* measure : {"js", "psi", "ks"}) {
    EXPECT_EQ(drift(none, some, measure), std::nullopt);
    EXPECT_EQ(drift(some, none, measure), std::nullopt);
    // Where one has numbers, numbers are compared.
    EXPECT_EQ(drift(of_numbers({{1, 1}}), some, measure), std::nullopt);
  }
}

}  // namespace
}  // namespace shardmill

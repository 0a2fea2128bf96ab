#include <gtest/gtest.h>

#include "engine/hash/hash.hpp"
#include "jobs/run/groups.hpp"

namespace shardmill {
namespace {

using Fractions = std::vector<std::pair<std::string, Decimal>>;

// 10^17: cumulated fractions keep to the 18 digits of a Decimal.
constexpr u64 kDenominator = 100'000'000'000'000'000;

u64 hash_of(const std::string& id, u64 seed) { return hash64(id, seed_for("split", seed)); }

Decimal decimal(const char* text) { return *Decimal::parse(text); }

TEST(Splits, ADocumentLiesWhereTheCumulatedFractionPassesItsHash) {
  for (const Fractions& fractions :
       {Fractions{
            {"train", decimal("0.1")}, {"validation", decimal("0.2")}, {"test", decimal("0.7")}},
        Fractions{
            {"a", decimal("0.333333")}, {"b", decimal("0.333333")}, {"c", decimal("0.333334")}},
        Fractions{{"all", decimal("1")}}}) {
    for (const u64 seed : {0U, 9U}) {
      const Splits splits(fractions, seed);
      ASSERT_EQ(splits.names().size(), fractions.size());
      std::vector<u64> counts(fractions.size(), 0);
      for (u32 i = 0; i < 20000; ++i) {
        const std::string id = std::to_string(i);
        u32 expected = 0;
        for (Decimal reached = fractions[0].second;
             static_cast<u128>(hash_of(id, seed)) * reached.denominator >=
             static_cast<u128>(reached.numerator) << 64;
             reached = reached.plus(fractions[expected].second)) {
          ++expected;
        }
        ASSERT_EQ(splits.of(id), expected) << id;
        ++counts[expected];
      }
      for (std::size_t i = 0; i < counts.size(); ++i) {
        EXPECT_EQ(splits.names()[i], fractions[i].first);
        const double mean = 20000 * fractions[i].second.approximate();
        EXPECT_NEAR(static_cast<double>(counts[i]), mean, 350) << "5 sigma at most";
      }
    }
  }
}

// For each id a border right below its hash and one right above; one in 184 of those from below
// meets the hash itself, which then belongs to the upper interval.
TEST(Splits, BordersAreExactToTheLastHash) {
  u64 on_border = 0;
  u64 just_below = 0;
  for (u32 i = 0; i < 20000; ++i) {
    const std::string id = "id " + std::to_string(i);
    const u128 hash = hash_of(id, 0);
    const u64 n = static_cast<u64>((hash * kDenominator) >> 64);  // n/d <= hash/2^64 < (n+1)/d
    const auto lies = [&](u64 numerator) {
      const auto part = [](u64 of) { return Decimal{static_cast<i64>(of), kDenominator}; };
      return Splits({{"low", part(numerator)}, {"high", part(kDenominator - numerator)}}, 0).of(id);
    };
    ASSERT_EQ(lies(n), 1U) << id;
    ASSERT_EQ(lies(n + 1), 0U) << id;
    const auto border = [](u64 numerator) {
      return ((static_cast<u128>(numerator) << 64) + kDenominator - 1) / kDenominator;
    };
    on_border += border(n) == hash ? 1 : 0;
    just_below += border(n + 1) == hash + 1 ? 1 : 0;
  }
  EXPECT_GT(on_border, 50U);
  EXPECT_GT(just_below, 50U);
}

TEST(Splits, AnEmptyOneGetsNothing) {
  const Splits splits({{"none", {0, 1}}, {"some", {1, 1}}, {"nobody", {0, 1}}}, 3);
  for (u32 i = 0; i < 1000; ++i) EXPECT_EQ(splits.of(std::to_string(i)), 1U);
}

TEST(Splits, TheSeedMovesDocuments) {
  const Fractions halves = {{"a", decimal("0.5")}, {"b", decimal("0.5")}};
  const Splits one(halves, 1), two(halves, 2);
  u32 moved = 0;
  for (u32 i = 0; i < 1000; ++i) moved += one.of(std::to_string(i)) != two.of(std::to_string(i));
  EXPECT_NEAR(moved, 500, 80);
}

TEST(Splits, FractionsThatDoNotReachOneAreABug) {
  const Splits splits({{"tiny", {1, 1'000'000'000}}}, 0);
  EXPECT_THROW((void)splits.of("x"), InternalError);
}

}  // namespace
}  // namespace shardmill

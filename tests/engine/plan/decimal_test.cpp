#include "engine/plan/decimal.hpp"

#include <gtest/gtest.h>

namespace shardmill {
namespace {

TEST(Decimal, IsExact) {
  EXPECT_EQ(*Decimal::parse("0.8"), (Decimal{8, 10}));
  EXPECT_EQ(*Decimal::parse("0.80"), *Decimal::parse("0.8"));
  EXPECT_EQ(*Decimal::parse("-1.250"), (Decimal{-125, 100}));
  EXPECT_EQ(*Decimal::parse("0"), (Decimal{0, 1}));
  // Binary fractions get this wrong: 0.1 + 0.2 != 0.3.
  EXPECT_EQ(Decimal::parse("0.1")->plus(*Decimal::parse("0.2")), *Decimal::parse("0.3"));
  Decimal sum;
  for (int i = 0; i < 1000; ++i) sum = sum.plus(*Decimal::parse("0.001"));
  EXPECT_EQ(sum, (Decimal{1, 1}));
}

TEST(Decimal, IsOrderedExactly) {
  EXPECT_LT(*Decimal::parse("0.79999999999999999"), *Decimal::parse("0.8"));
  EXPECT_GT(*Decimal::parse("999999999999999999"), *Decimal::parse("0.99999999999999999"));
  EXPECT_LT(*Decimal::parse("-0.1"), *Decimal::parse("0"));
}

TEST(Decimal, PrintsWhatItReads) {
  for (const char* text : {"0", "1", "-1", "0.05", "-0.001", "12.5", "0.00000000000000001",
                           "999999999999999999", "100"}) {
    EXPECT_EQ(Decimal::parse(text)->text(), text);
  }
}

TEST(Decimal, TakesNothingElse) {
  for (const char* text :
       {"", "-", ".", ".5", "5.", "+1", "01", "1e3", "1,5", " 1", "1 ", "0x1", "nan", "inf",
        "1.2.3", "--1", "0.0000000000000000001", "1000000000000000000"}) {
    EXPECT_FALSE(Decimal::parse(text)) << text;
  }
}

TEST(Decimal, ASumTooLongIsAnError) {
  const Decimal most = *Decimal::parse("999999999999999999");
  EXPECT_THROW((void)most.plus({1, 1}), InternalError);
}

}  // namespace
}  // namespace shardmill

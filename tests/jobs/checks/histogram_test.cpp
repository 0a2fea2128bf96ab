// Cells keep the order of numbers and are near them, so a quantile of cells is the cell of the
// quantile.
#include "jobs/checks/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace shardmill {
namespace {

// Of all sizes and signs, and whole ones.
std::vector<double> numbers(u64 seed, std::size_t n) {
  std::mt19937_64 random(seed);
  std::vector<double> all;
  while (all.size() < n) {
    const double part = static_cast<double>(random() >> 11) * 0x1p-53 + 0.5;
    const int exponent = static_cast<int>(random() % 120) - 60;
    const double sign = (random() & 1) != 0 ? -1 : 1;
    all.push_back(sign * std::ldexp(part, exponent));
    all.push_back(static_cast<double>(random() % 600) - 300);
  }
  return all;
}

TEST(Cells, AreAtMostOnePartIn128NearerToZero) {
  for (const double number : numbers(1, 20'000)) {
    const double cell = cell_of(number);
    EXPECT_LE(std::abs(cell), std::abs(number));
    EXPECT_LT(std::abs(number - cell), std::abs(number) / 128 + 0x1p-64) << number;
    EXPECT_GE(cell * number, 0);
    EXPECT_EQ(cell_of(cell), cell);
  }
}

TEST(Cells, OfSmallWholeNumbersAreExact) {
  for (i64 whole = -256; whole <= 256; ++whole) {
    EXPECT_EQ(cell_of(static_cast<double>(whole)), static_cast<double>(whole));
  }
}

TEST(Cells, EndWhereNobodyMeasures) {
  EXPECT_EQ(cell_of(0x1p-65), 0);
  EXPECT_EQ(cell_of(-0x1p-65), 0);
  EXPECT_EQ(cell_of(0x1p-64), 0x1p-64);
  EXPECT_EQ(cell_of(1e300), 0x1p64);
  EXPECT_EQ(cell_of(-1e300), -0x1p64);
  EXPECT_THROW((void)cell_of(std::nan("")), InternalError);
  EXPECT_THROW((void)cell_of(INFINITY), InternalError);
}

TEST(Quantiles, AreCellsOfTheExactOnes) {
  for (const std::size_t n : {1UL, 2UL, 7UL, 1000UL}) {
    std::vector<double> all = numbers(n, n);
    Histogram histogram;
    for (const double number : all) ++histogram[cell_of(number)];
    std::sort(all.begin(), all.end());
    EXPECT_EQ(total(histogram), all.size());
    for (i64 thousandths = 0; thousandths <= 1000; thousandths += 25) {
      const u64 place =
          (static_cast<u64>(thousandths) * all.size() + 999) / 1000;  // rounded up, from 1
      const double exact = all[std::max<u64>(place, 1) - 1];
      EXPECT_EQ(quantile(histogram, {thousandths, 1000}), cell_of(exact)) << thousandths;
    }
  }
  EXPECT_THROW((void)quantile({}, {1, 2}), InternalError);
}

}  // namespace
}  // namespace shardmill

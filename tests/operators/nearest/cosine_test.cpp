#include "operators/nearest/cosine.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tests/operators/nearest/unit_vectors.hpp"

namespace shardmill {
namespace {

TEST(Cosine, IsFourSumsInOrder) {
  for (u32 n = 0; n < 200; ++n) {
    const std::size_t d = std::array{1U, 2U, 3U, 4U, 5U, 7U, 64U, 1001U}[n % 8];
    const std::vector<float> a = random_units(1, d, 2 * n);
    const std::vector<float> b = random_units(1, d, 2 * n + 1);
    double sums[4] = {};
    for (std::size_t i = 0; i < d; ++i) {
      sums[i % 4] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    }
    EXPECT_EQ(cosine(a, b), (sums[0] + sums[1]) + (sums[2] + sums[3])) << d;
    EXPECT_EQ(cosine(a, b), cosine(b, a));
    EXPECT_NEAR(cosine(a, a), 1, 1e-6);
  }
}

TEST(Cosine, UnitLengthOfWhateverFloatsHold) {
  for (const float scale : {1e-44F, 1e-30F, 1.0F, 1e38F}) {
    std::vector<float> vector = {3 * scale, -0.0F, 2 * scale};
    ASSERT_TRUE(make_unit(vector)) << scale;
    EXPECT_NEAR(cosine(vector, vector), 1, 1e-6) << scale;
    EXPECT_EQ(vector[1], 0);
  }
  std::vector<float> zeros = {0, -0.0F, 0};
  EXPECT_FALSE(make_unit(zeros));
  EXPECT_EQ(zeros, (std::vector<float>{0, 0, 0}));
  std::vector<float> out = {7, 7};
  EXPECT_FALSE(unit_of(std::vector<i64>{0, 0}, out));
  EXPECT_EQ(out, (std::vector<float>{7, 7}));
  EXPECT_TRUE(unit_of(std::vector<i64>{-3, 4}, out));
  EXPECT_EQ(out, (std::vector<float>{-0.6F, 0.8F}));
}

TEST(Cosine, MillionthsRoundDownToOneAtMost) {
  EXPECT_EQ(millionths(1 + 1e-7), 1'000'000);
  EXPECT_EQ(millionths(0.95), 950'000);
  EXPECT_EQ(millionths(0.9499999), 949'999);
  EXPECT_EQ(millionths(0), 0);
  EXPECT_EQ(millionths(-0.25), -250'000);
  EXPECT_EQ(millionths(-1e-9), -1);
  // What a threshold of six digits says is what its double says.
  for (i64 n = 0; n <= 1'000'000; ++n) EXPECT_EQ(millionths(static_cast<double>(n) / 1e6), n);
}

// The sums that a library may make: in order, backwards, in pairs.
TEST(Cosine, FloatsAreWithinTheErrorThatIsAllowed) {
  for (const std::size_t d : {1U, 3U, 128U, 1000U, 65536U}) {
    for (u32 seed = 0; seed < 20; ++seed) {
      const std::vector<float> a = random_units(1, d, seed);
      const std::vector<float> b = seed % 2 == 0 ? a : random_units(1, d, seed + 100);
      float forwards = 0;
      float backwards = 0;
      for (std::size_t i = 0; i < d; ++i) {
        forwards += a[i] * b[i];
        backwards += a[d - 1 - i] * b[d - 1 - i];
      }
      EXPECT_LE(std::abs(static_cast<double>(forwards) - cosine(a, b)), float_error(d) / 2);
      EXPECT_LE(std::abs(static_cast<double>(backwards) - cosine(a, b)), float_error(d) / 2);
    }
  }
}

}  // namespace
}  // namespace shardmill

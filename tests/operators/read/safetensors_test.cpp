#include "operators/read/safetensors.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace shardmill {
namespace {

// By the definition of IEEE 754: sign, exponent less 15, fraction.
TEST(HalfFloat, IsWhatItsBitsSay) {
  for (u32 bits = 0; bits < 0x10000; ++bits) {
    const int exponent = static_cast<int>(bits >> 10 & 31U);
    const double fraction = (bits & 0x3ffU) / 1024.0;
    const double magnitude = exponent == 0    ? std::ldexp(fraction, -14)
                             : exponent == 31 ? (fraction == 0 ? INFINITY : NAN)
                                              : std::ldexp(1 + fraction, exponent - 15);
    const float found = float_of_half(static_cast<std::uint16_t>(bits));
    if (std::isnan(magnitude)) {
      EXPECT_TRUE(std::isnan(found)) << bits;
      continue;
    }
    EXPECT_EQ(static_cast<double>(std::abs(found)), magnitude) << bits;
    EXPECT_EQ(std::signbit(found), (bits & 0x8000U) != 0) << bits;
  }
}

}  // namespace
}  // namespace shardmill

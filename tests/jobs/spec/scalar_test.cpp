#include "jobs/spec/scalar.hpp"

#include <gtest/gtest.h>

namespace shardmill {
namespace {

TEST(Size, HasBinaryUnitsOnly) {
  EXPECT_EQ(parse_bytes("64MiB"), 64_MiB);
  EXPECT_EQ(parse_bytes("1000"), Bytes{1000});
  EXPECT_EQ(parse_bytes("2TiB"), Bytes{u64{2} << 40});
  EXPECT_EQ(parse_bytes("9223372036854775807"), Bytes{INT64_MAX});
  for (const char* text : {"", "MiB", "64MB", "64M", "64mib", "64 MiB", "-1", "1.5GiB", "+1",
                           "8388608TiB", "9223372036854775808"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
  EXPECT_EQ(bytes_text(64_MiB), "64MiB");
  EXPECT_EQ(bytes_text({1025}), "1025");
  EXPECT_EQ(bytes_text({0}), "0");
}

TEST(Integer, IsStrict) {
  EXPECT_EQ(parse_integer("-9223372036854775808"), INT64_MIN);
  for (const char* text : {"", "-", "+1", "01", "1.0", "1e3", " 1", "0x1", "9223372036854775808"}) {
    EXPECT_FALSE(parse_integer(text)) << text;
  }
}

}  // namespace
}  // namespace shardmill

#include "operators/split/lineage_value.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace shardmill {
namespace {

TEST(LineageValue, TiesAcrossTypes) {
  LineageColumn column("author");
  // Each line is one value, however it is written.
  const std::vector<std::vector<std::string>> values = {
      {"5", "5.0", "5e0", "\"5\"", "0.5e1"},
      {"0", "-0", "0.0", "-0.0", "\"0\""},
      {"0.1", "0.10", "1e-1"},
      {"\"0.1\""},
      {"9007199254740993", "\"9007199254740993\""},
      {"9007199254740992", "9007199254740992.0"},
      {"9223372036854775807", "\"9223372036854775807\""},
      {"9223372036854775808", "\"9223372036854775808\""},
      {"9223372036854775808.0", "9.223372036854775808e18"},
      {"-9223372036854775808", "-9223372036854775808.0"},
      {"true", "\"true\""},
      {"\"\\u00e9\"", "\"é\""},
      {"\" \""},
      {"[\"a\",\"b\"]"},
      {"[\"a\", \"b\"]"},
      {"{\"a\":1}", "\"{\\\"a\\\":1}\""}};
  std::vector<Hash128> seen;
  for (const auto& spellings : values) {
    const Hash128 hash = column.of_json(spellings.front());
    EXPECT_NE(hash, Hash128{}) << spellings.front();
    for (const std::string& json : spellings) EXPECT_EQ(column.of_json(json), hash) << json;
    for (const Hash128& other : seen) EXPECT_NE(hash, other) << spellings.front();
    seen.push_back(hash);
  }
}

TEST(LineageValue, NothingTiesNothing) {
  LineageColumn column("author");
  EXPECT_EQ(column.of_json("null"), Hash128{});
  EXPECT_EQ(column.of_json("\"\""), Hash128{});
  EXPECT_EQ(column.of_text(""), Hash128{});
}

TEST(LineageValue, AsPublished) {
  LineageColumn column("n");
  EXPECT_EQ(column.of_json("7"), column.of_text("7"));
  EXPECT_EQ(column.of_json("7"), column.of_number(7));
  EXPECT_EQ(column.of_json("0.25"), column.of_number(0.25));
  EXPECT_EQ(column.of_json("1e300"), column.of_number(1e300));
  EXPECT_NE(column.of_number(0.25), column.of_text("0.25"));
}

TEST(LineageValue, ColumnsAreApart) {
  EXPECT_NE(LineageColumn("author").of_text("x"), LineageColumn("thread").of_text("x"));
}

}  // namespace
}  // namespace shardmill

#include "operators/filter/comparison.hpp"

#include <gtest/gtest.h>

#include "cluster/error.hpp"
#include "engine/batch/json_scalar.hpp"

namespace shardmill {
namespace {

bool holds(const std::string& where, std::optional<std::string_view> json) {
  return Comparison::parse(where).holds(json);
}

TEST(Comparison, ReadsColumnOperatorAndValue) {
  const Comparison c = Comparison::parse("  stars>=5 ");
  EXPECT_EQ(c.column(), "stars");
  EXPECT_EQ(c.op(), Comparison::Operator::greater_or_equal);
  EXPECT_EQ(std::get<i64>(c.value()), 5);
  EXPECT_EQ(std::get<std::string>(Comparison::parse("lang == \"e\\u006e\"").value()), "en");
  EXPECT_EQ(Comparison::parse("\"a < b\" == 1").column(), "a < b");
  EXPECT_EQ(std::get<double>(Comparison::parse("x < -1.5e1").value()), -15.0);
}

TEST(Comparison, RefusesEverythingElse) {
  for (const char* text :
       {"", "stars", "stars >=", ">= 5", "stars = 5", "stars => 5", "stars >= five", "lang == 'en'",
        "lang == en", "ok < true", "x == null", "x == [1]", "x == 01", "x == 1 y", "x == \"a\"b\"",
        "\"x == 1", "x === 1"}) {
    EXPECT_THROW((void)Comparison::parse(text), ConfigError) << text;
  }
}

TEST(Comparison, EveryOperatorOnNumbers) {
  const std::vector<std::pair<std::string, std::vector<bool>>> truth = {
      // for 4, 5, 6 against 5
      {"==", {false, true, false}}, {"!=", {true, false, true}}, {"<", {true, false, false}},
      {"<=", {true, true, false}},  {">", {false, false, true}}, {">=", {false, true, true}}};
  for (const auto& [op, expected] : truth) {
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(holds("x " + op + " 5", std::to_string(4 + i)), expected[i]) << op << " " << i;
      EXPECT_EQ(holds("x " + op + " 5.0", std::to_string(4 + i)), expected[i]) << op << " " << i;
      const std::string text = std::string("\"") + "456"[i] + "\"";
      EXPECT_EQ(holds("x " + op + " \"5\"", text), expected[i]) << op << " " << i;
    }
  }
}

TEST(Comparison, IntegersAreComparedAsIntegers) {
  // As doubles both are 2^53.
  EXPECT_TRUE(holds("x < 9007199254740993", "9007199254740992"));
  EXPECT_FALSE(holds("x == 9007199254740993", "9007199254740992"));
  EXPECT_TRUE(holds("x == 9007199254740993", "9007199254740992.0"));
  EXPECT_TRUE(holds("x > 9223372036854775807", "1e300"));
  EXPECT_TRUE(holds("x > 1", "1e999"));
  EXPECT_FALSE(holds("x > 1", "1e-999"));
  EXPECT_TRUE(holds("x < 1", "-1e999"));
}

TEST(Comparison, AnotherTypeNullOrAbsentNeverHolds) {
  for (const char* op : {"==", "!=", "<", "<=", ">", ">="}) {
    const std::string sign = op;
    for (const char* json : {"null", "true", "\"5\"", "[5]", "{\"a\":5}"}) {
      EXPECT_FALSE(holds("x " + sign + " 5", json)) << sign << json;
    }
    for (const char* json : {"null", "true", "5", "[]"}) {
      EXPECT_FALSE(holds("x " + sign + " \"5\"", json)) << sign << json;
    }
    EXPECT_FALSE(holds("x " + sign + " 5", std::nullopt));
  }
  EXPECT_FALSE(holds("x != true", "1"));
  EXPECT_FALSE(holds("x != true", "\"true\""));
  EXPECT_FALSE(holds("x != true", std::nullopt));
}

TEST(Comparison, Booleans) {
  EXPECT_TRUE(holds("x == true", "true"));
  EXPECT_FALSE(holds("x == true", "false"));
  EXPECT_TRUE(holds("x != true", "false"));
  EXPECT_TRUE(holds("x == false", "false"));
}

TEST(Comparison, TextsAreComparedByDecodedBytes) {
  EXPECT_TRUE(holds("x == \"a\\\"b\"", "\"a\\u0022b\""));
  EXPECT_TRUE(holds("x == \"\\u00e9\"", "\"\xc3\xa9\""));
  EXPECT_TRUE(holds("x == \"\xf0\x9f\x98\x80\"", "\"\\ud83d\\uDE00\""));
  // Bytes are unsigned: é (c3 a9) comes after z.
  EXPECT_TRUE(holds("x > \"z\"", "\"\xc3\xa9\""));
  EXPECT_TRUE(holds("x < \"ab\"", "\"a\""));
  EXPECT_TRUE(holds("x == \"\"", "\"\""));
}

TEST(Comparison, TextColumnsAreTakenAsTheyAre) {
  EXPECT_TRUE(Comparison::parse("id == \"a\\\\b\"").holds_text("a\\b"));
  EXPECT_TRUE(Comparison::parse("text != \"\"").holds_text("5"));
  EXPECT_FALSE(Comparison::parse("text == 5").holds_text("5"));
  EXPECT_FALSE(Comparison::parse("text != 5").holds_text("5"));
}

TEST(JsonScalar, StringsDecodeAsTheStandardSays) {
  EXPECT_EQ(decode_json_string(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(decode_json_string(R"("\u0041\u00df\u6c34")"), "A\xc3\x9f\xe6\xb0\xb4");
  EXPECT_EQ(decode_json_string(R"("\ud800x")"), "\xed\xa0\x80x");
  EXPECT_EQ(decode_json_string(std::string("\"\\u0000\"")), std::string(1, '\0'));
  for (const char* bad :
       {"\"", "a", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\n\"", "\"\\\""}) {
    EXPECT_FALSE(decode_json_string(bad)) << bad;
  }
}

TEST(JsonScalar, NumbersFollowTheGrammar) {
  EXPECT_EQ(std::get<i64>(*decode_json_number("-0")), 0);
  EXPECT_EQ(std::get<i64>(*decode_json_number("9223372036854775807")), INT64_MAX);
  EXPECT_EQ(std::get<double>(*decode_json_number("9223372036854775808")), 9223372036854775808.0);
  EXPECT_EQ(std::get<double>(*decode_json_number("1E+2")), 100.0);
  for (const char* bad : {"", "-", "01", "+1", ".5", "5.", "1e", "1e+", "0x1", "inf", "1 "}) {
    EXPECT_FALSE(decode_json_number(bad)) << bad;
  }
}

}  // namespace
}  // namespace shardmill

// What we write must read back the same with a parser that is not ours.
#include "engine/observe/json_line.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

namespace shardmill {
namespace {

using Json = nlohmann::json;

std::string read_back(const std::string& bytes) {
  return Json::parse(json_string(bytes)).get<std::string>();
}

// What nlohmann makes of the same bytes when it replaces what is not UTF-8.
std::string replaced(const std::string& bytes) {
  return Json::parse(Json(bytes).dump(-1, ' ', false, Json::error_handler_t::replace))
      .get<std::string>();
}

TEST(JsonLine, EveryByteValueReadsBackAndStaysOnOneLine) {
  for (int value = 0; value < 0x80; ++value) {
    const std::string text = "a" + std::string(1, static_cast<char>(value)) + "b";
    EXPECT_EQ(read_back(text), text) << value;
    for (const char c : json_string(text)) EXPECT_GE(c, ' ') << value;
  }
}

TEST(JsonLine, ValidUnicodeIsKept) {
  for (const std::string text :
       {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "Gr\xC3\xBC\xC3\x9F"}) {
    EXPECT_EQ(read_back(text), text);
  }
}

// The Unicode Standard 15, section 3.9, tables 3-8 to 3-11.
TEST(JsonLine, IllFormedSequencesBecomeOneReplacementPerMaximalSubpart) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(read_back("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(read_back("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"), r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(read_back("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            r + r + r + r + r + "A" + r + r + "B");
  EXPECT_EQ(read_back("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), r + r + r + r + "A");
  EXPECT_EQ(read_back("cut \xF0\x9F\x98"), "cut " + r);
}

TEST(JsonLine, RandomBytesAgreeWithAnotherWriter) {
  std::mt19937 random(7);
  // Bytes near the borders of the rules, so that almost-valid sequences are common.
  const std::string alphabet =
      "aZ\"\\\n\x01\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xC2\xDF\xE0\xE1\xED\xEF\xF0\xF3\xF4\xF5\xFF";
  for (int round = 0; round < 20000; ++round) {
    std::string bytes(random() % 12, '\0');
    for (char& c : bytes) c = alphabet[random() % alphabet.size()];
    ASSERT_EQ(read_back(bytes), replaced(bytes)) << Json(json_string(bytes));
  }
}

TEST(JsonLine, NumbersReadBackExactly) {
  for (const double value : {0.0, 0.1, -1.5e-300, 1e300, 1.0 / 3, 12345678.9, 1.0}) {
    EXPECT_EQ(Json::parse(json_number(value)).get<double>(), value);
  }
  EXPECT_EQ(json_number(std::nan("")), "null");
  EXPECT_EQ(json_number(-std::numeric_limits<double>::infinity()), "null");
  constexpr u64 kLargest = std::numeric_limits<u64>::max();
  EXPECT_EQ(Json::parse(JsonLine().add("n", kLargest).text()).at("n").get<u64>(), kLargest);
}

TEST(JsonLine, NoNameIsTwiceInAnObject) {
  const std::string text =
      JsonLine().add("rank", u64{3}).add("rank", "x").add("rank_", "y").add("rank", "z").text();
  const Json json = Json::parse(text);
  ASSERT_EQ(json.size(), 4U) << text;
  EXPECT_EQ(json.at("rank"), 3);
  EXPECT_EQ(json.at("rank_"), "x");
  EXPECT_EQ(json.at("rank__"), "y");
  EXPECT_EQ(json.at("rank___"), "z");
}

TEST(JsonLine, EmptyAndNested) {
  EXPECT_EQ(JsonLine().text(), "{}");
  const Json json = Json::parse(JsonLine()
                                    .add_json("inner", JsonLine().add("x", 0.5).text())
                                    .add("none", std::optional<double>())
                                    .text());
  EXPECT_EQ(json, Json::parse(R"({"inner": {"x": 0.5}, "none": null})"));
}

}  // namespace
}  // namespace shardmill

#include "operators/write/value_bytes.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>

#include "engine/batch/vector_value.hpp"
#include "operators/write/column_name.hpp"

namespace shardmill {
namespace {

double stored(std::string_view text) {
  NumberBytes number;
  double value = 0;
  std::memcpy(&value, value_bytes(Type::float64, text, number).data(), sizeof value);
  return value;
}

TEST(ValueBytes, NumbersAreExact) {
  EXPECT_EQ(stored("0.1"), 0.1);
  EXPECT_EQ(stored("9007199254740993"), 9007199254740992.0);  // to even
  EXPECT_EQ(stored("5e-324"), 5e-324);
  EXPECT_EQ(stored("1e-400"), 0.0);
  EXPECT_FALSE(std::signbit(stored("-0")));
  EXPECT_TRUE(std::signbit(stored("-0.0")));
  NumberBytes number;
  EXPECT_EQ(value_bytes(Type::int64, "-2", number),
            std::string_view("\xfe\xff\xff\xff\xff\xff\xff\xff", 8));
  EXPECT_EQ(value_bytes(Type::boolean, "true", number), "\1");
  EXPECT_EQ(value_bytes(Type::json, "{}", number), "{}");
}

TEST(ValueBytes, WhatDoesNotFitItsTypeIsRefused) {
  NumberBytes number;
  for (const char* text : {"1.0", "1e3", "9223372036854775808", "", "x", "1 ", "null"}) {
    EXPECT_THROW((void)value_bytes(Type::int64, text, number), InternalError) << text;
  }
  for (const char* text : {"1e400", "", "x", "1 ", "null", "nan", "inf"}) {
    EXPECT_THROW((void)value_bytes(Type::float64, text, number), InternalError) << text;
  }
  EXPECT_THROW((void)value_bytes(Type::boolean, "1", number), InternalError);
}

TEST(ValueBytes, TextOfANumberReadsBackTheSame) {
  std::mt19937_64 random(7);
  NumberBytes number;
  for (int i = 0; i < 20'000; ++i) {
    const u64 bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const std::string_view bytes(reinterpret_cast<const char*>(&bits), sizeof bits);
    for (const Type type : {Type::float64, Type::int64}) {
      EXPECT_EQ(value_bytes(type, value_text(type, bytes), number), bytes);
    }
  }
  EXPECT_EQ(value_text(Type::boolean, "\1"), "true");
  EXPECT_EQ(value_text(Type::utf8, "as it is"), "as it is");
  EXPECT_THROW((void)value_text(Type::int64, "1234567"), DataError);
}

TEST(ValueBytes, AVectorIsItsNumbersAndItsTextReadsBackTheSame) {
  NumberBytes number;
  const std::vector<float> vector = {1.0F, -0.5F, 0.1F, 3.4028235e38F, 1e-45F, -0.0F};
  const std::string value = vector_value(vector);
  const std::string_view bytes = value_bytes(Type::vector, value, number);
  EXPECT_EQ(bytes.size(), 4 * vector.size());
  EXPECT_EQ(std::memcmp(bytes.data(), vector.data(), bytes.size()), 0);
  EXPECT_EQ(value_text(Type::vector, bytes), "[1,-0.5,0.1,3.4028235e+38,1e-45,-0]");
  EXPECT_THROW((void)value_bytes(Type::vector, "[1,2]", number), InternalError);
  EXPECT_THROW((void)value_text(Type::vector, "12345"), DataError);
  EXPECT_THROW((void)value_text(Type::vector, ""), DataError);
}

TEST(ColumnName, IsOneHdf5CanHaveAndDifferentForDifferentColumns) {
  EXPECT_EQ(hdf5_name("plain name.x"), "plain name.x");
  EXPECT_EQ(hdf5_name(""), "%");
  EXPECT_EQ(hdf5_name("a/b"), "a%2Fb");
  EXPECT_EQ(hdf5_name("."), "%2E");
  EXPECT_EQ(hdf5_name("n.valid"), "n%2Evalid");
  EXPECT_EQ(hdf5_name(std::string_view("\0\x7f%", 3)), "%00%7F%25");
  std::set<std::string> names;
  std::size_t count = 0;
  const std::string letters = "./%25E\n";
  for (std::size_t i = 0; i < 7 * 7 * 7 * 7; ++i) {
    std::string name;
    for (std::size_t rest = i; rest > 0; rest /= 7) name += letters[rest % 7];
    if (!name.empty() && name.back() == '.') continue;  // its twin is in the list already
    names.insert(hdf5_name(name));
    names.insert(hdf5_name(name + ".valid"));
    count += 2;
    EXPECT_FALSE(hdf5_name(name + ".valid").ends_with(kValidSuffix));
  }
  EXPECT_EQ(names.size(), count);
}

}  // namespace
}  // namespace shardmill

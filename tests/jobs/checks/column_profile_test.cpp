// Profiles are sums: of shards in any order, and over a round trip.
#include "jobs/checks/column_profile.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <random>

#include "tests/jobs/spec/job_file.hpp"

namespace shardmill {
namespace {

std::string bytes_of(auto number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

std::vector<ValueTest> tests_of(const std::string& checks) {
  std::vector<ValueTest> tests;
  for (const CheckSpec& check : job_of(kHead + "checks: [" + checks + "]\n").checks) {
    tests.push_back(ValueTest::of(check).value());
  }
  return tests;
}

struct Value {
  Type type;
  std::string bytes;
};

std::vector<Value> values(u64 seed) {
  std::mt19937_64 random(seed);
  std::vector<Value> all;
  for (int i = 0; i < 300; ++i) {
    switch (random() % 5) {
      case 0:
        all.push_back({Type::int64, bytes_of(static_cast<i64>(random() % 9))});
        break;
      case 1:
        all.push_back({Type::float64, bytes_of(static_cast<double>(random() % 100) / 7)});
        break;
      case 2:
        all.push_back({Type::boolean, std::string(1, static_cast<char>(random() % 2))});
        break;
      case 3:
        all.push_back({Type::utf8, "v" + std::to_string(random() % 20)});
        break;
      default:
        all.push_back({Type::vector, std::string(8, 'x')});
    }
  }
  return all;
}

constexpr const char* kTests =
    "{in_range: {column: c, min: 3}}, {in_set: {column: c, values: [1, v7, true]}}";

ColumnProfile profile_of(const std::vector<Value>& all, std::size_t from, std::size_t step) {
  std::vector<ValueTest> tests = tests_of(kTests);
  ColumnProfile profile;
  for (const ValueTest& test : tests) profile.tested[test.name()];
  for (std::size_t i = from; i < all.size(); i += step) {
    ++profile.rows;
    profile.add(all[i].type, all[i].bytes, tests);
  }
  return profile;
}

TEST(ColumnProfile, OfPartsInAnyOrderIsThatOfAll) {
  const std::vector<Value> all = values(3);
  const ColumnProfile whole = profile_of(all, 0, 1);
  for (const std::vector<std::size_t>& order :
       std::vector<std::vector<std::size_t>>{{0, 1, 2}, {2, 0, 1}}) {
    ColumnProfile sum;
    for (const std::size_t part : order) sum.add(profile_of(all, part, 3));
    EXPECT_EQ(sum, whole);
  }
  EXPECT_EQ(whole.rows, 300);
  EXPECT_FALSE(whole.numbers.empty() || whole.lengths.empty() || whole.values.empty());
}

TEST(ColumnProfile, SurvivesARoundTrip) {
  const ColumnProfile whole = profile_of(values(4), 0, 1);
  EXPECT_EQ(profile_from_json(to_json(whole, true), "x"), whole);
  ColumnProfile without = whole;
  without.tested.clear();
  EXPECT_EQ(profiles_from_json(to_json(ColumnProfiles{{"c", whole}}), "x").at("c"), without);
  EXPECT_THROW((void)profile_from_json("{}", "x"), DataError);
  EXPECT_THROW((void)profiles_from_json("[", "x"), DataError);
  EXPECT_TRUE(profiles_from_json(R"({"schema_version": 9})", "x").empty());
}

TEST(ColumnProfile, CountsFewShortValuesOnly) {
  std::vector<ValueTest> none;
  const auto add = [&](ColumnProfile& profile, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) profile.add(Type::utf8, std::to_string(i), none);
  };
  ColumnProfile most;
  add(most, 0, ColumnProfile::kMostValues);
  EXPECT_EQ(most.values.size(), ColumnProfile::kMostValues);
  ColumnProfile other;
  add(other, ColumnProfile::kMostValues, ColumnProfile::kMostValues + 1);
  for (const auto& [a, b] : {std::pair(most, other), std::pair(other, most)}) {
    ColumnProfile sum = a;
    sum.add(b);
    EXPECT_TRUE(sum.many_values && sum.values.empty());
    sum.add(a);  // it stays so
    EXPECT_TRUE(sum.many_values && sum.values.empty());
    EXPECT_EQ(total(sum.lengths), sum.present);
  }
  ColumnProfile long_one;
  long_one.add(Type::utf8, std::string(ColumnProfile::kLongestValue, 'x'), none);
  EXPECT_FALSE(long_one.many_values);
  long_one.add(Type::utf8, std::string(ColumnProfile::kLongestValue + 1, 'x'), none);
  EXPECT_TRUE(long_one.many_values);
}

TEST(ColumnProfile, OfNumbersThatAreNoneHasNoCellForThem) {
  std::vector<ValueTest> none;
  ColumnProfile profile;
  profile.add(Type::float64, bytes_of(std::numeric_limits<double>::quiet_NaN()), none);
  profile.add(Type::float64, bytes_of(std::numeric_limits<double>::infinity()), none);
  EXPECT_EQ(profile.present, 2);
  EXPECT_TRUE(profile.numbers.empty());
}

ValueTest::Answer answer(const std::string& check, Type type, const std::string& bytes) {
  return tests_of(check).front().answer(type, bytes);
}
constexpr auto kInside = ValueTest::Answer::inside;
constexpr auto kOutside = ValueTest::Answer::outside;

TEST(ValueTest, OfWholeNumbersLosesNoBit) {
  const std::string at_most = "{in_range: {column: c, max: 9007199254740992}}";  // 2^53
  EXPECT_EQ(answer(at_most, Type::int64, bytes_of(i64{9007199254740992})), kInside);
  EXPECT_EQ(answer(at_most, Type::int64, bytes_of(i64{9007199254740993})), kOutside);
  const std::string tenth = "{in_range: {column: c, min: 0.1, max: 0.1}}";
  EXPECT_EQ(answer(tenth, Type::float64, bytes_of(0.1)), kInside);
  EXPECT_EQ(answer(tenth, Type::float64, bytes_of(std::nextafter(0.1, 1))), kOutside);
  EXPECT_EQ(answer(tenth, Type::float64, bytes_of(std::numeric_limits<double>::quiet_NaN())),
            kOutside);
  EXPECT_EQ(answer("{in_range: {column: c, min: 0}}", Type::utf8, "5"), kOutside);
}

TEST(ValueTest, OfASetComparesTextsNumbersAndBools) {
  const std::string set = "{in_set: {column: c, values: [1, 2.5, en, true]}}";
  EXPECT_EQ(answer(set, Type::int64, bytes_of(i64{1})), kInside);
  EXPECT_EQ(answer(set, Type::float64, bytes_of(2.5)), kInside);
  EXPECT_EQ(answer(set, Type::float64, bytes_of(2.0)), kOutside);
  EXPECT_EQ(answer(set, Type::utf8, "1"), kInside);
  EXPECT_EQ(answer(set, Type::utf8, "1.0"), kOutside);
  EXPECT_EQ(answer(set, Type::boolean, std::string(1, '\1')), kInside);
  EXPECT_EQ(answer(set, Type::boolean, std::string(1, '\0')), kOutside);
  EXPECT_EQ(answer(set, Type::vector, "en"), kOutside);
}

TEST(ValueTest, HasANameThatSaysWhatItAsks) {
  const auto name = [](const std::string& check) { return tests_of(check).front().name(); };
  EXPECT_EQ(name("{in_set: {column: c, values: [a, b]}}"),
            name("{in_set: {column: c, values: [b, a], share: 0.5, level: warn}}"));
  EXPECT_NE(name("{in_set: {column: c, values: [ab, c]}}"),
            name("{in_set: {column: c, values: [a, bc]}}"));
  EXPECT_NE(name("{in_range: {column: c, min: 1}}"), name("{in_range: {column: c, max: 1}}"));
  EXPECT_NE(name("{in_set: {column: c, values: a}}"), name("{pattern: {column: c, regex: a}}"));
}

}  // namespace
}  // namespace shardmill

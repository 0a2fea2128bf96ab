#include "engine/batch/batch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "engine/batch/vector_value.hpp"

namespace shardmill {
namespace {

TEST(SeenKinds, OfOneJsonValue) {
  const std::map<u8, std::vector<std::string>> values = {
      {0, {"null"}},
      {kSeenBool, {"true", "false"}},
      {kSeenInt, {"0", "-0", "7", "-9223372036854775808", "9223372036854775807"}},
      {kSeenFloat,
       {"0.0", "1e3", "1E3", "-1.5e-7", "1.7976931348623157e308", "5e-324", "1e-400", "0e999"}},
      {kSeenString, {"\"\"", "\"true\"", "\"1\""}},
      {kSeenOther,
       {"{}", "[]", "[1]", "{\"a\":1}", "9223372036854775808", "-9223372036854775809",
        "18446744073709551615", "1e400", "-1e400"}}};
  for (const auto& [kind, texts] : values) {
    for (const std::string& text : texts) EXPECT_EQ(kind_of_json(text), kind) << text;
  }
  EXPECT_THROW((void)kind_of_json(""), InternalError);
}

TEST(SeenKinds, DecideTheTypeInEveryCombination) {
  for (u32 seen = 0; seen < 32; ++seen) {
    Type expected = Type::json;
    if (seen == 0 || seen == kSeenString) expected = Type::utf8;
    if (seen == kSeenBool) expected = Type::boolean;
    if (seen == kSeenInt) expected = Type::int64;
    if (seen == kSeenFloat || seen == (kSeenInt | kSeenFloat)) expected = Type::float64;
    EXPECT_EQ(type_of_seen(static_cast<u8>(seen)), expected) << seen;
    const u8 with_vectors = static_cast<u8>(seen | kSeenVector);
    if (seen == 0) {
      EXPECT_EQ(type_of_seen(with_vectors), Type::vector);
    } else {
      EXPECT_THROW((void)type_of_seen(with_vectors), InternalError) << seen;
    }
  }
  EXPECT_EQ(kind_of_json(vector_value(std::vector<float>{1})), kSeenVector);
}

TEST(Types, HaveTheNamesOfThePublishedFormat) {
  EXPECT_STREQ(type_name(Type::utf8), "utf8");
  EXPECT_STREQ(type_name(Type::json), "json");
  EXPECT_STREQ(type_name(Type::int64), "int64");
  EXPECT_STREQ(type_name(Type::float64), "float64");
  EXPECT_STREQ(type_name(Type::boolean), "bool");
  EXPECT_STREQ(type_name(Type::vector), "vector");
}

TEST(TextColumn, IsBytesAndOffsets) {
  TextColumn column;
  column.push("ab");
  column.push_absent();
  column.push("");
  column.push("c");
  EXPECT_EQ(column.size(), 4U);
  EXPECT_EQ(column.bytes(), "abc");
  EXPECT_EQ(column.offsets(), (std::vector<u64>{0, 2, 2, 2, 3}));
  EXPECT_EQ(column.valid(), (std::vector<u8>{1, 0, 1, 1}));
  EXPECT_EQ(column[0], "ab");
  EXPECT_FALSE(column.has(1));
  EXPECT_TRUE(column.has(2));
  EXPECT_EQ(column[3], "c");
  column.clear();
  EXPECT_EQ(column.size(), 0U);
  EXPECT_EQ(column.offsets(), std::vector<u64>{0});
}

TEST(Batch, FieldsThatADocumentLacksAreAbsent) {
  Batch batch;
  const std::vector<std::vector<std::string>> documents = {{}, {"a"}, {"b", "a"}, {}, {"b"}};
  for (const auto& names : documents) {
    batch.key.push_back({batch.size()});
    for (const std::string& name : names) batch.field_for_append(name).push("1");
    batch.end_document();
  }
  ASSERT_EQ(batch.fields.size(), 2U);
  for (const std::string name : {"a", "b"}) {
    const Field* field = batch.field(name);
    ASSERT_NE(field, nullptr);
    ASSERT_EQ(field->json.size(), documents.size()) << name;
    for (std::size_t row = 0; row < documents.size(); ++row) {
      const auto& names = documents[row];
      EXPECT_EQ(field->json.has(row), std::find(names.begin(), names.end(), name) != names.end());
    }
  }
  EXPECT_EQ(batch.field("c"), nullptr);
}

TEST(DocKey, HoldsOrdinalAndOffsetInArrivalOrder) {
  const u64 last_ordinal = (u64{1} << 26) - 1;
  const u64 last_offset = (u64{1} << 38) - 1;
  const DocKey last = DocKey::of(last_ordinal, last_offset);
  EXPECT_EQ(last.value, UINT64_MAX);
  EXPECT_EQ(last.ordinal(), last_ordinal);
  EXPECT_EQ(last.offset(), last_offset);
  EXPECT_LT(DocKey::of(3, last_offset), DocKey::of(4, 0));
  EXPECT_EQ(DocKey::of(12, 345).text(), "12:345");
  EXPECT_FALSE(DocKey::of(DocKey::kForeign - 1, 0).foreign());
  EXPECT_TRUE(DocKey::of(DocKey::kForeign, 0).foreign());
  EXPECT_THROW((void)DocKey::of(last_ordinal + 1, 0), DataError);
  EXPECT_THROW((void)DocKey::of(0, last_offset + 1), DataError);
}

}  // namespace
}  // namespace shardmill

#include "operators/nearest/vector_field.hpp"

#include <gtest/gtest.h>

#include "engine/batch/vector_value.hpp"

namespace shardmill {
namespace {

using Vector = std::vector<float>;

TEST(VectorField, ReadsNumbersAndVectors) {
  Vector out;
  EXPECT_EQ(read_vector("[1, -2.5 ,\t3e-1]", out), "");
  EXPECT_EQ(out, (Vector{1, -2.5F, 0.3F}));
  EXPECT_EQ(read_vector(vector_value(Vector{0.1F, -7}), out), "");
  EXPECT_EQ(out, (Vector{0.1F, -7}));
  // Halfway between two floats but for a digit that a double does not hold: two roundings.
  EXPECT_EQ(read_vector("[1.000000059604644775390625000001]", out), "");
  EXPECT_EQ(out, Vector{1});
}

TEST(VectorField, SaysWhatIsWrong) {
  Vector out;
  EXPECT_EQ(read_vector("\"x\"", out), "expected an array of numbers; found \"x\"");
  EXPECT_EQ(read_vector("[]", out), "expected an array of numbers; found []");
  EXPECT_EQ(read_vector("[1,[2]]", out), "expected an array of numbers; found [1,[2]]");
  EXPECT_EQ(read_vector("[1,null]", out), "expected an array of numbers; found [1,null]");
  EXPECT_EQ(read_vector("[1e39]", out), "expected numbers that float32 holds; found 1e39");
  EXPECT_EQ(read_vector("7", out), "expected an array of numbers; found 7");
}

TEST(VectorField, OneLengthForAll) {
  Batch batch;
  for (const char* json : {"[1,2]", "", "null", "[3,4]", "[5]"}) {
    batch.key.push_back(DocKey::of(0, batch.size()));
    batch.id.push("d" + std::to_string(batch.size()));
    if (*json != '\0') batch.field_for_append("v").push(json);
    batch.end_document();
  }
  VectorField field("v", "step: column `v`");
  field.load(batch);
  EXPECT_EQ(*field.of(0), (Vector{1, 2}));
  EXPECT_EQ(field.of(1), nullptr);
  EXPECT_EQ(field.of(2), nullptr);
  EXPECT_EQ(*field.of(3), (Vector{3, 4}));
  try {
    (void)field.of(4);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(),
                 "step: column `v` of document d5: expected 2 numbers, as others have; found 1");
  }
  VectorField other("w", "");
  other.load(batch);
  EXPECT_EQ(other.of(0), nullptr);
}

}  // namespace
}  // namespace shardmill

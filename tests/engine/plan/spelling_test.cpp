#include "engine/plan/spelling.hpp"

#include <gtest/gtest.h>

namespace shardmill {
namespace {

TEST(Spelling, DistanceCountsEditsAndSwaps) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("treshold", "threshold"), 1U);
  EXPECT_EQ(edit_distance("minhahs", "minhash"), 1U);
  for (const char* a : {"run", "rnu", "plan", ""}) {
    for (const char* b : {"run", "turn", "planet"})
      EXPECT_EQ(edit_distance(a, b), edit_distance(b, a));
  }
}

TEST(Spelling, SuggestsTheNearestAndNothingFar) {
  const std::vector<std::string> known = {"bands", "rows", "threshold", "keep"};
  EXPECT_EQ(nearest("treshold", known), "threshold");
  EXPECT_EQ(nearest("row", known), "rows");
  EXPECT_EQ(nearest("kepe", known), "keep");
  EXPECT_EQ(nearest("language", known), "");
  EXPECT_EQ(nearest("x", {"y", "is"}), "");
  EXPECT_EQ(nearest(std::string(100000, 'a'), known), "");
  EXPECT_EQ(suggestion("language", known), "; allowed: bands, rows, threshold, keep");
}

}  // namespace
}  // namespace shardmill

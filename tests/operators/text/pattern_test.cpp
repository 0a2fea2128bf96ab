#include "operators/text/pattern.hpp"

#include <gtest/gtest.h>

#include "cluster/error.hpp"

namespace shardmill {
namespace {

using Found = Pattern::Found;

TEST(Pattern, IsLookedForAnywhere) {
  Pattern pattern("b+c");
  EXPECT_EQ(pattern.search("abbcd"), Found::yes);
  EXPECT_EQ(pattern.search("abb"), Found::no);
  EXPECT_EQ(pattern.search(""), Found::no);
  EXPECT_EQ(pattern.search("bc"), Found::yes);  // what was looked at before leaves nothing
  Pattern anchored("^bc$");
  EXPECT_EQ(anchored.search("a\nbc"), Found::no);
  EXPECT_EQ(anchored.search("bc"), Found::yes);
}

TEST(Pattern, IsOfCharactersNotBytes) {
  EXPECT_EQ(Pattern("^.$").search("中"), Found::yes);
  EXPECT_EQ(Pattern("^\\p{Lu}.\\p{Ll}$").search("Ä😀ß"), Found::yes);
  EXPECT_EQ(Pattern("\\x{FFFD}").search("\xff"), Found::yes);
}

TEST(Pattern, NeverHangs) {
  const std::string hostile = std::string(5000, 'a') + "!";
  EXPECT_EQ(Pattern("^(a+)+$").search(hostile), Found::gave_up);
  EXPECT_EQ(Pattern("^(a|a)*$").search(hostile), Found::gave_up);
  Pattern pattern("(x+x+)+y|b$");
  EXPECT_EQ(pattern.search(std::string(60, 'x')), Found::gave_up);
  EXPECT_EQ(pattern.search("b"), Found::yes);  // goes on with the next text
  // Long and harmless.
  EXPECT_EQ(Pattern("needle").search(std::string(4 << 20, 'n')), Found::no);
  EXPECT_EQ(Pattern("[a-z]+[0-9]$").search(std::string(1000, 'n')), Found::no);
}

TEST(Pattern, TellsWhatIsWrongAndWhere) {
  EXPECT_EQ(Pattern::fault("^[a-z]+/"), "");
  EXPECT_EQ(Pattern::fault("a(b"), "mismatched paren at character 3");
  EXPECT_EQ(Pattern::fault("ab[c"), "missing close bracket at character 4");
  EXPECT_NE(Pattern::fault("*a"), "");
  EXPECT_NE(Pattern::fault("\\p{Nonsense}"), "");
  EXPECT_THROW(Pattern("a(b"), InternalError);
}

}  // namespace
}  // namespace shardmill

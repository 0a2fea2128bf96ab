#include "jobs/command/inspect_tokens.hpp"

#include <gtest/gtest.h>

namespace shardmill {
namespace {

TEST(VisibleToken, ShowsTextAsItIsAndTheRestEscaped) {
  EXPECT_EQ(visible_token(""), "");
  EXPECT_EQ(visible_token(" Größe 中\xf0\x9f\x98\x80"), " Größe 中\xf0\x9f\x98\x80");
  EXPECT_EQ(visible_token("a|b\\n"), "a\\|b\\\\n");
  EXPECT_EQ(visible_token("\n\t\r"), "\\n\\t\\r");
  EXPECT_EQ(visible_token("\x1b[31m\x7f" + std::string(1, '\0')), "\\x1b[31m\\x7f\\x00");
  EXPECT_EQ(visible_token("\xc2\x9b \xc2\xa0"), "\\xc2\\x9b \xc2\xa0");  // a terminal's CSI
}

TEST(VisibleToken, ShowsBytesThatAreNoCharacterByThemselves) {
  EXPECT_EQ(visible_token("\xe4\xb8"), "\\xe4\\xb8");  // the beginning of one
  EXPECT_EQ(visible_token("\xad x"), "\\xad x");       // the end of one
  EXPECT_EQ(visible_token("中\xe4"), "中\\xe4");
  EXPECT_EQ(visible_token("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(visible_token("\xc0\xaf"), "\\xc0\\xaf");           // longer than need be
}

}  // namespace
}  // namespace shardmill

#include "operators/tokenize/rank_file.hpp"

#include <gtest/gtest.h>

#include "cluster/error.hpp"

namespace shardmill {
namespace {

TEST(Base64, ReadsWhatIsCanonicalAndNothingElse) {
  EXPECT_EQ(from_base64("IQ=="), "!");
  EXPECT_EQ(from_base64("IGE="), " a");
  EXPECT_EQ(from_base64("IGEg"), " a ");
  EXPECT_EQ(from_base64("+/+/"), "\xfb\xff\xbf");
  for (const char* wrong :
       {"I", "IQ", "IQ=", "IQ===", "I===", "IR==", "IGF=", "I Q=", "IQ==IQ==", "=IQ=", "IQ-_"}) {
    EXPECT_FALSE(from_base64(wrong).has_value()) << wrong;
  }
}

TEST(PairsByBytes, HasEveryWayToCutAToken) {
  TokenBytes tokens;
  u32 id = 0;
  for (const char* token : {"a", "b", "c", "ab", "bc", "abc"}) tokens.add(id++, token);
  const PairTable pairs = pairs_by_bytes(tokens);
  EXPECT_EQ(pairs.find(0, 1).id, 3U);
  EXPECT_EQ(pairs.find(3, 2).id, 5U);
  EXPECT_EQ(pairs.find(0, 4).id, 5U);
  EXPECT_EQ(pairs.find(1, 0).rank, Merge::kNone);
}

TEST(TokenBytes, RefusesAnIdOrBytesThatAreThere) {
  TokenBytes tokens;
  EXPECT_TRUE(tokens.add(3, "ab"));
  EXPECT_FALSE(tokens.add(3, "cd"));
  EXPECT_FALSE(tokens.add(4, "ab"));
  EXPECT_EQ(tokens.count(), 1U);
  EXPECT_EQ(tokens.id_limit(), 4U);
  EXPECT_EQ(tokens.find("ab"), 3U);
  EXPECT_FALSE(tokens.find("cd").has_value());
  EXPECT_EQ(tokens.bytes(2), "");
  EXPECT_EQ(tokens.bytes(9), "");
}

}  // namespace
}  // namespace shardmill

#include "operators/text/normalize.hpp"

#include <gtest/gtest.h>

#include "operators/text/unicode.hpp"
#include "tests/operators/text/vectors.hpp"

namespace shardmill {
namespace {

using testing::from_hex;

NormalizeSettings settings_of(int bits) {
  return {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
}

TEST(Normalize, EqualsPythonOnEveryVectorAndReportsChanges) {
  const auto rows = testing::read_vectors("normalize.tsv");
  ASSERT_GT(rows.size(), 500U);
  for (const auto& row : rows) {
    const std::string text = from_hex(row[1]);
    const std::string expected = from_hex(row[2]);
    std::string out = "left over";
    const bool changed = normalize(text, settings_of(std::stoi(row[0])), out);
    EXPECT_EQ(changed, expected != text) << row[0] << " " << row[1];
    EXPECT_EQ(out, changed ? expected : "") << row[0] << " " << row[1];
  }
}

TEST(Normalize, EachSwitchDoesItsOwnWorkOnly) {
  const std::string text = "E\u0301\u0001 \u00a0X\n";
  std::string out;
  EXPECT_FALSE(normalize(text, settings_of(0), out));
  EXPECT_TRUE(normalize(text, settings_of(1), out));
  EXPECT_EQ(out, "\u00c9\u0001 \u00a0X\n");
  EXPECT_TRUE(normalize(text, settings_of(2), out));
  EXPECT_EQ(out, "E\u0301 \u00a0X\n");
  EXPECT_TRUE(normalize(text, settings_of(4), out));
  EXPECT_EQ(out, "E\u0301\u0001 X\n");
  EXPECT_TRUE(normalize(text, settings_of(8), out));
  EXPECT_EQ(out, "e\u0301\u0001 \u00a0x\n");
}

// The library's opinion on every code point beside marks, against the fast path that does not ask
// it.
TEST(Normalize, NfcEqualsTheLibraryAroundEveryCodePoint) {
  for (char32_t c = 0; c < 0x20000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    const std::string one = testing::utf8_of(c);
    for (const std::string& text :
         {"a" + one + "b", one + "\u0301", "\u00e9" + one + "\u0338" + one}) {
      std::string expected;
      append_nfc(text, expected);
      std::string out;
      const bool changed = normalize(text, {}, out);
      ASSERT_EQ(changed ? out : text, expected) << static_cast<u32>(c);
    }
  }
}

TEST(Normalize, LongTextsKeepWhatTheirPartsBecome) {
  // The same lines many times: borders of any inner block fall everywhere.
  const std::string line =
      "Some  text\t with \u00a0 \u0007blanks, CAF\u00c9 \U0001f600 \u0130 \r\n";
  std::string one;
  ASSERT_TRUE(normalize(line, settings_of(15), one));
  for (std::size_t shift = 0; shift < 70; ++shift) {
    const std::string lead(shift, 'x');
    std::string text = lead;
    std::string expected = lead;
    for (int i = 0; i < 20; ++i) {
      text += line;
      expected += one;
    }
    std::string out;
    ASSERT_TRUE(normalize(text, settings_of(15), out));
    ASSERT_EQ(out, expected) << shift;
  }
}

}  // namespace
}  // namespace shardmill

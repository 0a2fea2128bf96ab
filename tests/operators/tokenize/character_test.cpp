#include "operators/tokenize/character.hpp"

#include <gtest/gtest.h>

#include "tests/operators/text/vectors.hpp"

namespace shardmill {
namespace {

Character first(std::string_view text) {
  return CharacterKinds::get().at(text.data(), text.data() + text.size());
}

TEST(CharacterKinds, EveryCodePointIsReadFromItsBytes) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    const std::string bytes = testing::utf8_of(c);
    const Character character = first(bytes + "x");
    ASSERT_EQ(character.kind, CharacterKinds::get().of(c)) << std::hex << u32{c};
    ASSERT_EQ(character.length, bytes.size()) << std::hex << u32{c};
  }
}

TEST(CharacterKinds, KnowsSomeOfEachKind) {
  const auto kind = [](char32_t c) { return CharacterKinds::get().of(c); };
  EXPECT_EQ(kind('A'), kUpper);
  EXPECT_EQ(kind(0x1C5), kUpper);  // a title case letter
  EXPECT_EQ(kind(0x17F), kLower);
  EXPECT_EQ(kind(0x2B0), kCaseless);
  EXPECT_EQ(kind(0x65E5), kCaseless);
  EXPECT_EQ(kind(0x301), kMark);
  EXPECT_EQ(kind(0xBD), kNumber);
  EXPECT_EQ(kind('\r'), kNewline);
  EXPECT_EQ(kind(0x85), kSpace);
  EXPECT_EQ(kind(0x1C), kOther);    // a space for Python, not for Unicode
  EXPECT_EQ(kind(0x200B), kOther);  // zero width space: no White_Space
  EXPECT_EQ(kind(0xFEFF), kOther);
  EXPECT_EQ(kind(0x2EBF0), kCaseless);  // since Unicode 15.1
  EXPECT_EQ(kind(0x10FFFF), kOther);
}

TEST(CharacterKinds, ABytePartOfNothingIsACharacterOfItsOwn) {
  for (const char* bytes : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x9F\xBF",
                            "\xE6\x97", "\xED\xA0\x80", "\xEF\xBF(", "\xF0\x8F\xBF\xBF",
                            "\xF0\x9F\x98", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    const Character character = first(bytes);
    EXPECT_EQ(character.kind, kOther) << testing::digest({static_cast<u8>(bytes[0])});
    EXPECT_EQ(character.length, 1U);
  }
  EXPECT_EQ(first("").kind, 0);
}

}  // namespace
}  // namespace shardmill

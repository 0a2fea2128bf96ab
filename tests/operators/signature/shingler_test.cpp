#include "operators/dedup/signature/shingler.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "operators/dedup/signature/signer.hpp"
#include "tests/operators/text/vectors.hpp"

namespace shardmill {
namespace {

using testing::from_hex;
using testing::Random;
using testing::utf8_of;

std::vector<u64> shingles(Shingler& shingler, std::string_view text) {
  std::vector<u64> all;
  shingler.shingles(
      text, [&](std::span<const u64> some) { all.insert(all.end(), some.begin(), some.end()); });
  return all;
}

TEST(Shingler, WordsCharactersAndSignaturesEqualPythonOnEveryVector) {
  for (const ByteKernels& kernels : byte_kernels()) {
    if (!kernels.supported) continue;
    Shingler words({ShingleUnit::words, 3}, kernels);
    Shingler characters({ShingleUnit::characters, 7}, kernels);
    Signer signer(20, 42);
    std::vector<u64> list;
    std::vector<u32> signature(20);
    for (const auto& row : testing::read_vectors("hash_text.tsv")) {
      const std::string text = from_hex(row[0]);
      list = shingles(words, text);
      EXPECT_EQ(testing::digest(list), row[3]) << kernels.name << " " << row[0];
      signer.add(list);
      signer.finish(signature);
      EXPECT_EQ(testing::digest({signature.begin(), signature.end()}), row[5]) << row[0];
      list = shingles(characters, text);
      EXPECT_EQ(testing::digest(list), row[4]) << kernels.name << " " << row[0];
    }
  }
}

TEST(Shingler, ShortDocumentsAreOneShingleOfTheirOwn) {
  for (const ShingleUnit unit : {ShingleUnit::words, ShingleUnit::characters}) {
    Shingler five({unit, 5});
    Shingler three({unit, 3});
    std::vector<u64> list;
    std::vector<u64> window;
    list = shingles(five, "—!");
    EXPECT_TRUE(list.empty());
    list = shingles(five, unit == ShingleUnit::words ? "one two three" : "abc");
    window = shingles(three, unit == ShingleUnit::words ? "one two three" : "abc");
    ASSERT_EQ(list.size(), 1U);
    ASSERT_EQ(window.size(), 1U);
    EXPECT_NE(list, window);
  }
}

TEST(Shingler, DependsOnWordsAndTheirOrderOnly) {
  Shingler shingler({ShingleUnit::words, 3});
  std::vector<u64> a;
  std::vector<u64> b;
  a = shingles(shingler, "The quick (brown) fox — jumps!");
  b = shingles(shingler, "the QUICK brown\nfox jumps");
  EXPECT_EQ(a, b);
  b = shingles(shingler, "the brown quick fox jumps");
  for (const u64 shingle : b) EXPECT_EQ(std::count(a.begin(), a.end(), shingle), 0);
}

// Whatever a text is cut into: the same shingles. Marks that compose with what precedes them, words
// that end at nothing but an ideograph, pieces without words.
TEST(Shingler, PiecesGiveWhatTheWholeGives) {
  constexpr char32_t kPool[] = {'a',    'Z',     '7',    ' ',    '<',    '\n',   0x301,  0x338,
                                0xe9,   0x4e00,  0x9fff, 0x3042, 0x3099, 0xac00, 0x11a8, 0xfb01,
                                0x200d, 0x20000, 0xa0,   0x3000, 0x3300, 0xfdfa, 0xff76, 0xff9e,
                                0xe01,  0xe33,   0x1100, 0x1161, 0xad};
  Random random(6);
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    const u64 variety = 1 + random.below(std::size(kPool));
    for (u64 i = random.below(120); i > 0; --i) text += utf8_of(kPool[random.below(variety)]);
    for (const ShingleUnit unit : {ShingleUnit::words, ShingleUnit::characters}) {
      const ShingleSettings settings{unit, 1 + static_cast<u32>(random.below(6))};
      Shingler whole(settings);
      Shingler pieces(settings, best_byte_kernels(), 1 + random.below(12));
      ASSERT_EQ(shingles(pieces, text), shingles(whole, text))
          << text << " by " << settings.size << (unit == ShingleUnit::words ? " words" : " chars");
    }
  }
}

// More than the Shingler hashes at once, and a text that cannot be cut.
TEST(Shingler, LongTextsHaveAllTheirShingles) {
  const std::string blob(3 << 20, 'x');
  std::string prose;
  for (int i = 0; i < 200'000; ++i) prose += "w" + std::to_string(i) + (i % 9 == 0 ? "\n" : " ");
  Shingler words({ShingleUnit::words, 5});
  Shingler characters({ShingleUnit::characters, 24});
  EXPECT_EQ(shingles(words, blob).size(), 1U);
  EXPECT_EQ(shingles(characters, blob).size(), blob.size() - 23);
  EXPECT_EQ(shingles(words, prose).size(), 200'000U - 4);
  const auto windows = shingles(characters, prose);
  EXPECT_EQ(windows.size(), prose.size() - 1 - 23);  // no space at the end
  EXPECT_EQ(windows.back(), hash64(" w199997 w199998 w199999"));
}

TEST(Shingler, RefusesSizeZero) { EXPECT_THROW(Shingler({ShingleUnit::words, 0}), InternalError); }

}  // namespace
}  // namespace shardmill

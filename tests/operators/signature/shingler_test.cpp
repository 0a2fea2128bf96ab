#include "operators/dedup/signature/shingler.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "operators/dedup/signature/signer.hpp"
#include "tests/operators/text/vectors.hpp"

namespace shardmill {
namespace {

using testing::from_hex;

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
      words.shingles(text, list);
      EXPECT_EQ(testing::digest(list), row[3]) << kernels.name << " " << row[0];
      signer.sign(list, signature);
      EXPECT_EQ(testing::digest({signature.begin(), signature.end()}), row[5]) << row[0];
      characters.shingles(text, list);
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
    five.shingles("—!", list);
    EXPECT_TRUE(list.empty());
    five.shingles(unit == ShingleUnit::words ? "one two three" : "abc", list);
    three.shingles(unit == ShingleUnit::words ? "one two three" : "abc", window);
    ASSERT_EQ(list.size(), 1U);
    ASSERT_EQ(window.size(), 1U);
    EXPECT_NE(list, window);
  }
}

TEST(Shingler, DependsOnWordsAndTheirOrderOnly) {
  Shingler shingler({ShingleUnit::words, 3});
  std::vector<u64> a;
  std::vector<u64> b;
  shingler.shingles("The quick (brown) fox — jumps!", a);
  shingler.shingles("the QUICK brown\nfox jumps", b);
  EXPECT_EQ(a, b);
  shingler.shingles("the brown quick fox jumps", b);
  for (const u64 shingle : b) EXPECT_EQ(std::count(a.begin(), a.end(), shingle), 0);
}

TEST(Shingler, RefusesSizeZero) { EXPECT_THROW(Shingler({ShingleUnit::words, 0}), InternalError); }

}  // namespace
}  // namespace shardmill

#include "engine/hash/hash.hpp"

#include <gtest/gtest.h>

#include <set>

namespace shardmill {
namespace {

std::string repeated_bytes() {
  std::string bytes;
  for (int i = 0; i < 5 * 256; ++i) bytes += static_cast<char>(i % 256);
  return bytes;
}

// As xxhsum 0.8 and Python's xxhash print them: short, medium and long inputs take other paths.
TEST(Hash, IsXxh3AsPublished) {
  EXPECT_EQ(hash64(""), 0x2d06800538d394c2U);
  EXPECT_EQ(hash64("a"), 0xe6c632b61e964e1fU);
  EXPECT_EQ(hash64("abc"), 0x78af5f94892f3950U);
  EXPECT_EQ(hash64("abc", 1), 0x6b4467b443c76228U);
  EXPECT_EQ(hash64(repeated_bytes()), 0x4844b009e164352eU);
  EXPECT_EQ(hash64(repeated_bytes(), 7), 0xc7f683f9f97cc6e6U);
  EXPECT_EQ(hash128("").hex(), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(hash128("a").hex(), "a96faf705af16834e6c632b61e964e1f");
  EXPECT_EQ(hash128("abc").hex(), "06b05ab6733a618578af5f94892f3950");
  EXPECT_EQ(hash128(repeated_bytes()).hex(), "d92ab3a1cb0542a74844b009e164352e");
  EXPECT_EQ(hash128("abc").high, 0x06b05ab6733a6185U);
}

TEST(Hash, AUseOfRandomnessHasItsOwnSeed) {
  EXPECT_EQ(seed_for("shuffle", 3), 0xa47992cb30bdefa6U);
  std::set<u64> seeds;
  for (const char* purpose : {"shuffle", "split", "minhash"}) {
    for (u64 seed = 0; seed < 5; ++seed) seeds.insert(seed_for(purpose, seed));
  }
  EXPECT_EQ(seeds.size(), 15U);
}

// SplitMix64 with the seed 1234567, as its reference implementation prints it.
TEST(Hash, MixIsTheFinaliserOfSplitMix64) {
  u64 state = 1234567;
  for (const u64 expected : {6457827717110365317U, 3203168211198807973U, 9817491932198370423U}) {
    state += 0x9e3779b97f4a7c15;
    EXPECT_EQ(mix64(state), expected);
  }
  EXPECT_EQ(mix64(0), 0U);
}

TEST(Hasher, PiecesGiveTheHashOfTheWhole) {
  const std::string whole = repeated_bytes();
  for (const std::size_t piece : {1U, 7U, 64U, 255U, 1000U}) {
    Hasher128 hasher;
    for (std::size_t at = 0; at < whole.size(); at += piece) {
      hasher.add(std::string_view(whole).substr(at, piece));
    }
    EXPECT_EQ(hasher.digest(), hash128(whole)) << piece;
    EXPECT_EQ(hasher.digest(), hash128(whole)) << "asking changes nothing";
  }
  EXPECT_EQ(Hasher128().digest(), hash128(""));
}

TEST(Hasher, FieldsHaveTheirLengthBeforeThem) {
  const std::string bytes("\x02\0\0\0\0\0\0\0ab\x01\x02\0\0\0\0\0\0", 18);
  EXPECT_EQ(Hasher128().add_field("ab").add_number(0x0201).digest(), hash128(bytes));
  EXPECT_NE(Hasher128().add_field("ab").add_field("c").digest(),
            Hasher128().add_field("a").add_field("bc").digest());
}

}  // namespace
}  // namespace shardmill

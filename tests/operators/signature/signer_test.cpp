#include "operators/dedup/signature/signer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/operators/text/vectors.hpp"

namespace shardmill {
namespace {

using testing::Random;

std::vector<u64> random_keys(Random& random, std::size_t count) {
  std::vector<u64> keys(count);
  for (u64& key : keys) key = random.next();
  return keys;
}

std::vector<u32> sign(u32 hashes, u64 seed, std::span<const u64> shingles, const Kernel& kernel) {
  Signer signer(hashes, seed, &kernel);
  std::vector<u32> signature(hashes);
  signer.add(shingles);
  signer.finish(signature);
  return signature;
}

// The definition, in 128-bit arithmetic, one function and one shingle at a time.
std::vector<u32> by_definition(u32 hashes, u64 seed, std::span<const u64> shingles) {
  const auto random = [seed](u64 n) { return mix64(seed + (n + 1) * 0x9E3779B97F4A7C15); };
  constexpr u128 kTwo32 = u128{1} << 32;
  constexpr u128 kTwo64 = kTwo32 * kTwo32;
  std::vector<u32> minima(hashes, 0xffffffff);
  for (const u64 x : shingles) {
    const u128 low = x % kTwo32;
    const u128 high = x / kTwo32;
    const u128 shared = (random(0) * low + random(1) * high + random(2)) % kTwo64 / kTwo32;
    for (u32 j = 0; j < hashes; ++j) {
      const u128 odd = low % 2 == 1 ? low : low + 1;
      const auto value = static_cast<u32>((random(3 + j) % kTwo32 * odd + shared) % kTwo32);
      minima[j] = std::min(minima[j], value);
    }
  }
  return minima;
}

TEST(Signer, EveryKernelGivesTheDefinitionForEveryLength) {
  Random random(1);
  for (const u32 hashes : {1U, 7U, 16U, 17U, 32U, 48U, 63U, 100U, 112U, 128U, 250U, 260U, 286U}) {
    for (const std::size_t count : {0U, 1U, 2U, 31U, 511U, 512U, 513U, 1100U}) {
      const auto keys = random_keys(random, count);
      const u64 seed = random.next();
      const auto expected = by_definition(hashes, seed, keys);
      for (const Kernel& kernel : kernels()) {
        if (!kernel.supported) continue;
        ASSERT_EQ(sign(hashes, seed, keys, kernel), expected)
            << kernel.name << " " << hashes << " x " << count;
      }
    }
  }
}

TEST(Signer, EveryKernelHandlesExtremeKeys) {
  const std::vector<u64> keys = {0, 1, ~u64{0}, u64{1} << 32, (u64{1} << 32) - 1, u64{1} << 63};
  for (const Kernel& kernel : kernels()) {
    if (!kernel.supported) continue;
    for (const u64 key : keys) {
      const std::vector<u64> one = {key};
      EXPECT_EQ(sign(40, 0, one, kernel), by_definition(40, 0, one)) << kernel.name << " " << key;
    }
  }
}

TEST(Signer, OrderAndRepeatsDoNotMatter) {
  Random random(2);
  for (int round = 0; round < 50; ++round) {
    auto keys = random_keys(random, 1 + random.below(700));
    const auto expected = sign(112, 7, keys, best_kernel());
    const std::size_t distinct = keys.size();
    for (std::size_t i = 0; i < distinct / 2; ++i) keys.push_back(keys[random.below(distinct)]);
    for (std::size_t i = keys.size() - 1; i > 0; --i) std::swap(keys[i], keys[random.below(i + 1)]);
    EXPECT_EQ(sign(112, 7, keys, best_kernel()), expected);
  }
}

TEST(Signer, SignatureOfAUnionIsTheMinimumOfSignatures) {
  Random random(3);
  const auto a = random_keys(random, 300);
  const auto b = random_keys(random, 500);
  auto both = a;
  both.insert(both.end(), b.begin(), b.end());
  const auto of_a = sign(112, 9, a, best_kernel());
  const auto of_b = sign(112, 9, b, best_kernel());
  const auto of_both = sign(112, 9, both, best_kernel());
  for (std::size_t j = 0; j < 112; ++j) EXPECT_EQ(of_both[j], std::min(of_a[j], of_b[j]));
}

TEST(Signer, AShorterSignatureIsAPrefix) {
  Random random(4);
  const auto keys = random_keys(random, 100);
  const auto longer = sign(250, 5, keys, best_kernel());
  const auto shorter = sign(112, 5, keys, best_kernel());
  EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), longer.begin()));
}

TEST(Signer, NoShinglesGiveAllOnes) {
  EXPECT_EQ(sign(20, 1, {}, best_kernel()), std::vector<u32>(20, 0xffffffff));
}

TEST(Signer, RefusesAnOutputOfAnotherLength) {
  Signer signer(20, 1);
  std::vector<u32> out(19);
  EXPECT_THROW(signer.finish(out), InternalError);
}

TEST(Kernels, BestIsSupportedAndTheFirstIsPortable) {
  EXPECT_TRUE(kernels().front().supported);
  EXPECT_STREQ(kernels().front().name, "portable");
  EXPECT_TRUE(best_kernel().supported);
}

}  // namespace
}  // namespace shardmill

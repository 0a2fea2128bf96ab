// Do signatures estimate Jaccard similarity as independent minima of random functions would? Each
// bound is stated with the probability that a right family misses it; seeds are fixed.
#include "operators/dedup/signature/hash_family.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "operators/dedup/signature/signer.hpp"
#include "tests/operators/text/vectors.hpp"

namespace shardmill {
namespace {

using testing::Random;

// Two sets of which `shared` keys are common and `own` more belong to each alone.
struct Pair {
  std::vector<u64> first;
  std::vector<u64> second;
  double jaccard;
};

Pair make_pair(Random& random, std::size_t shared, std::size_t own) {
  Pair pair;
  for (std::size_t i = 0; i < shared; ++i) {
    pair.first.push_back(random.next());
    pair.second.push_back(pair.first.back());
  }
  for (std::size_t i = 0; i < own; ++i) pair.first.push_back(random.next());
  for (std::size_t i = 0; i < own; ++i) pair.second.push_back(random.next());
  pair.jaccard = static_cast<double>(shared) / static_cast<double>(shared + 2 * own);
  return pair;
}

// Which positions of the two signatures agree.
std::vector<bool> agreement(const Pair& pair, u32 hashes, u64 seed) {
  Signer signer(hashes, seed);
  std::vector<u32> first(hashes);
  std::vector<u32> second(hashes);
  signer.add(pair.first);
  signer.finish(first);
  signer.add(pair.second);
  signer.finish(second);
  std::vector<bool> equal(hashes);
  for (u32 j = 0; j < hashes; ++j) equal[j] = first[j] == second[j];
  return equal;
}

double share(const std::vector<bool>& equal) {
  return static_cast<double>(std::count(equal.begin(), equal.end(), true)) /
         static_cast<double>(equal.size());
}

struct Case {
  std::size_t shared;
  std::size_t own;
};

class Estimate : public ::testing::TestWithParam<Case> {};

TEST_P(Estimate, HasTheMeanAndVarianceOfIndependentFunctions) {
  constexpr u32 kHashes = 112;
  constexpr int kSeeds = 3000;
  Random random(100 + GetParam().shared);
  double sum = 0;
  double squares = 0;
  double jaccard = 0;
  for (int i = 0; i < kSeeds; ++i) {
    const Pair pair = make_pair(random, GetParam().shared, GetParam().own);
    jaccard = pair.jaccard;
    const double deviation = share(agreement(pair, kHashes, random.next())) - jaccard;
    sum += deviation;
    squares += deviation * deviation;
  }
  const double ideal = jaccard * (1 - jaccard) / kHashes;
  // Missed with probability 6e-5.
  EXPECT_LE(std::abs(sum / kSeeds), 4 * std::sqrt(ideal / kSeeds));
  // A variance of 3000 normal deviations has a relative standard error of 2.6 %: 15 % is beyond 5.
  EXPECT_NEAR(squares / kSeeds / ideal, 1.0, 0.15);
}

INSTANTIATE_TEST_SUITE_P(Sets, Estimate,
                         ::testing::Values(Case{5, 5}, Case{10, 45}, Case{100, 100}, Case{80, 10},
                                           Case{400, 50}, Case{50, 225}));

// One fixed pair of sets, many families. The keys are mixed as shingle hashes are: of keys in
// arithmetic progression, which no text gives, the least value of a linear function is known to be
// biased.
TEST(HashFamily, EstimatesOneFixedPairWithoutBias) {
  constexpr u32 kHashes = 112;
  constexpr int kSeeds = 2000;
  for (const u64 stride : {u64{1}, u64{1} << 32}) {
    Pair pair;
    for (u64 i = 0; i < 150; ++i) pair.first.push_back(mix64(i * stride));
    for (u64 i = 50; i < 200; ++i) pair.second.push_back(mix64(i * stride));
    double sum = 0;
    Random random(stride);
    for (int i = 0; i < kSeeds; ++i) sum += share(agreement(pair, kHashes, random.next()));
    EXPECT_NEAR(sum / kSeeds, 0.5, 4 * std::sqrt(0.25 / (kHashes * kSeeds))) << stride;
  }
}

// The chance of a collision of any two keys is that of random values: an exact promise of the
// family.
TEST(HashFamily, ValuesOfTwoKeysAreUniformAndIndependent) {
  constexpr int kDraws = 200000;
  const std::pair<u64, u64> pairs[] = {
      {0, 1}, {2, 3}, {5, 5 + (u64{1} << 32)}, {7, ~u64{0}}, {123456789, 987654321}};
  for (const auto& [x, y] : pairs) {
    Random random(x + y);
    std::vector<int> cells(64);  // the top three bits of both values
    for (int i = 0; i < kDraws; ++i) {
      const HashFamily family(1, random.next());
      const u32 of_x = family.a[0] * HashFamily::factor(x) + family.shared(x);
      const u32 of_y = family.a[0] * HashFamily::factor(y) + family.shared(y);
      ++cells[(of_x >> 29) * 8 + (of_y >> 29)];
    }
    double chi_square = 0;
    constexpr double kExpected = kDraws / 64.0;
    for (const int count : cells)
      chi_square += (count - kExpected) * (count - kExpected) / kExpected;
    EXPECT_LT(chi_square, 63 + 4.5 * std::sqrt(2 * 63.0)) << x << " " << y;
  }
}

// Two bands of 8 rows collide together as often as independence says, for all pairs of 14 bands.
TEST(HashFamily, BandsCollideIndependently) {
  constexpr u32 kBands = 14;
  constexpr u32 kRows = 8;
  constexpr int kPairs = 20000;
  Random random(6);
  std::vector<int> collisions(kBands);
  std::vector<int> histogram(kBands + 1);  // of bands that collide for one pair of documents
  for (int i = 0; i < kPairs; ++i) {
    const Pair pair = make_pair(random, 80, 10);  // Jaccard 0.8: a band collides with 0.168
    const auto equal = agreement(pair, kBands * kRows, random.next());
    std::size_t together = 0;
    for (u32 band = 0; band < kBands; ++band) {
      bool all = true;
      for (u32 row = 0; row < kRows; ++row) all = all && equal[band * kRows + row];
      collisions[band] += static_cast<int>(all);
      together += static_cast<std::size_t>(all);
    }
    ++histogram[together];
  }
  const double p = std::pow(0.8, kRows);
  for (const int count : collisions) {
    EXPECT_NEAR(count, kPairs * p, 4.5 * std::sqrt(kPairs * p * (1 - p)));
  }
  // The number of colliding bands is binomial; cells of 7 and more are pooled.
  double chi_square = 0;
  double left = kPairs;
  int observed_left = kPairs;
  double term = kPairs * std::pow(1 - p, kBands);
  for (u32 k = 0; k < 7; ++k) {
    const double difference = histogram[k] - term;
    chi_square += difference * difference / term;
    left -= term;
    observed_left -= histogram[k];
    term *= p / (1 - p) * (kBands - k) / (k + 1);
  }
  chi_square += (observed_left - left) * (observed_left - left) / left;
  EXPECT_LT(chi_square, 30.0);  // seven degrees of freedom: exceeded with probability 1e-4
}

// The bias of 32-bit values. Signatures agree where a shared key has the least value, as they
// should, or where two different keys tie for it: about (keys / 2^32), measured as such. Apart from
// ties the agreement must be the similarity, within four standard errors.
void expect_small_bias(std::size_t shingles, int draws) {
  constexpr u32 kHashes = 1024;
  Random random(shingles);
  std::vector<u64> shared(shingles / 2);
  std::vector<u64> own(shingles / 2);
  for (u64& key : shared) key = random.next();
  for (u64& key : own) key = random.next();
  const std::span<const u64> all_own(own);
  std::vector<u32> common(kHashes);
  std::vector<u32> first(kHashes);
  std::vector<u32> second(kHashes);
  double right = 0;
  double tied = 0;
  double total = 0;
  for (; total < draws; total += kHashes) {
    Signer signer(kHashes, random.next());
    signer.add(shared);
    signer.finish(common);
    signer.add(all_own.first(own.size() / 2));
    signer.finish(first);
    signer.add(all_own.subspan(own.size() / 2));
    signer.finish(second);
    for (u32 j = 0; j < kHashes; ++j) {
      const bool by_shared = common[j] < first[j] && common[j] < second[j];
      const bool agree = std::min(common[j], first[j]) == std::min(common[j], second[j]);
      right += by_shared ? 1 : 0;
      tied += agree && !by_shared ? 1 : 0;
    }
  }
  EXPECT_LE(tied / total, std::pow(2.0, -10)) << shingles << " shingles";
  EXPECT_NEAR(right / total, 0.5, 4 * std::sqrt(0.25 / total)) << shingles << " shingles";
  ::testing::Test::RecordProperty("ties_per_million_" + std::to_string(shingles),
                                  static_cast<int>(1e6 * tied / total));
}

TEST(HashFamily, BiasIsSmallForLargeDocuments) { expect_small_bias(1 << 14, 200000); }

TEST(HashFamily, BiasIsSmallForTheLargestDocuments) {
  if (std::getenv("SHARDMILL_LONG") == nullptr) GTEST_SKIP() << "set SHARDMILL_LONG to run it";
  expect_small_bias(1 << 16, 2000000);
  expect_small_bias(1 << 20, 200000);
  expect_small_bias(1 << 22, 50000);
}

}  // namespace
}  // namespace shardmill

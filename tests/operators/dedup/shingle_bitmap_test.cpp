#include "operators/dedup/shingle_bitmap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <set>

namespace shardmill {
namespace {

std::vector<u64> coded(ShingleNumbers& numbers, const std::set<u64>& set) {
  // As in a text: in any order, some of them twice.
  std::vector<u64> list(set.begin(), set.end());
  list.insert(list.end(), list.begin(),
              list.begin() + static_cast<std::ptrdiff_t>(list.size() / 3));
  std::shuffle(list.begin(), list.end(), std::mt19937_64(set.size()));
  // Rows of an exchange start anywhere.
  std::string bytes = "x";
  bytes.append(reinterpret_cast<const char*>(list.data()), list.size() * sizeof(u64));
  std::vector<u64> code;
  const std::string_view whole = std::string_view(bytes).substr(1);
  const std::size_t half = list.size() / 2 * sizeof(u64);
  numbers.add(whole.substr(0, half));
  numbers.add(whole.substr(half));
  numbers.encode(code);
  return code;
}

// Instances of some templates, which share some shingles of all.
std::vector<std::set<u64>> families(u64 seed) {
  std::mt19937_64 random(seed);
  std::vector<std::set<u64>> documents;
  std::vector<u64> everywhere;
  for (int i = 0; i < 40; ++i) everywhere.push_back(random());
  for (int family = 0; family < 4; ++family) {
    std::vector<u64> pattern(random() % 900);
    for (u64& shingle : pattern) shingle = random();
    for (int instance = 0; instance < 12; ++instance) {
      std::set<u64>& document = documents.emplace_back();
      for (const u64 shingle : pattern) {
        if (random() % 10 != 0) document.insert(shingle);
      }
      for (const u64 shingle : everywhere) {
        if (random() % 4 == 0) document.insert(shingle);
      }
      for (u64 own = random() % 100; own > 0; --own) document.insert(random());
    }
  }
  documents.push_back({});
  documents.push_back({0});
  documents.push_back({0, UINT64_MAX});
  return documents;
}

// 0: no shingle gets a number once the first table is half full; the largest: every one does.
class ShingleBitmapLimits : public testing::TestWithParam<u64> {};
INSTANTIATE_TEST_SUITE_P(Limits, ShingleBitmapLimits,
                         testing::Values(u64{0}, u64{100'000}, u64{190'000}, u64{1} << 30));

TEST_P(ShingleBitmapLimits, IntersectionsAreThoseOfTheSets) {
  ShingleNumbers numbers(GetParam());
  std::size_t unnumbered = 0;
  for (u64 component = 0; component < 3; ++component) {
    const auto documents = families(component);
    std::vector<std::vector<u64>> codes;
    for (const auto& document : documents) codes.push_back(coded(numbers, document));
    for (std::size_t a = 0; a < documents.size(); ++a) {
      const ShingleBitmap left(codes[a]);
      ASSERT_EQ(left.size(), documents[a].size());
      unnumbered += left.unnumbered().size();
      for (std::size_t b = 0; b < documents.size(); ++b) {
        const ShingleBitmap right(codes[b]);
        std::vector<u64> both;
        std::set_intersection(documents[a].begin(), documents[a].end(), documents[b].begin(),
                              documents[b].end(), std::back_inserter(both));
        ASSERT_EQ(left.common(right), both.size()) << a << " and " << b;
        ASSERT_EQ(left.common_portable(right), both.size()) << a << " and " << b;
      }
    }
    numbers.clear();
  }
  EXPECT_EQ(unnumbered == 0, GetParam() == u64{1} << 30) << unnumbered;
}

TEST(ShingleBitmap, AFamilyIsDense) {
  std::mt19937_64 random(7);
  std::set<u64> pattern;
  while (pattern.size() < 640) pattern.insert(random());
  ShingleNumbers numbers(u64{1} << 30);
  (void)coded(numbers, pattern);
  std::set<u64> instance = pattern;
  for (int own = 0; own < 64; ++own) instance.insert(random());
  const std::vector<u64> code = coded(numbers, instance);
  EXPECT_LE(ShingleBitmap(code).words().size(), 13U) << "704 shingles in words of 64";
}

}  // namespace
}  // namespace shardmill

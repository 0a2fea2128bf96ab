#include "operators/dedup/shingle_sets.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {
namespace {

std::map<u64, std::vector<u64>> random_sets(u64 seed) {
  std::mt19937_64 random(seed);
  std::map<u64, std::vector<u64>> sets;
  for (int document = 0; document < 60; ++document) {
    std::vector<u64>& set = sets[random()];
    set.resize(document % 7 == 0 ? 0 : random() % 200);
    for (u64& shingle : set) shingle = random();
  }
  return sets;
}

// 1 byte: all on scratch, one block of each array in memory.
class ShingleSetsLimits : public testing::TestWithParam<u64> {};
INSTANTIATE_TEST_SUITE_P(Limits, ShingleSetsLimits,
                         testing::Values(u64{1}, u64{8000}, u64{30000}, u64{1} << 20));

TEST_P(ShingleSetsLimits, GiveBackWhatWasAddedInAnyOrder) {
  const TemporaryFolder folder;
  ScratchSpace space{folder.path()};
  ShingleSets sets(space, GetParam());
  std::mt19937 random(5);
  for (u64 component = 0; component < 3; ++component) {
    const auto expected = random_sets(component);
    std::vector<u64> documents;
    for (const auto& [document, shingles] : expected) {
      sets.add(document, shingles);
      documents.push_back(document);
    }
    EXPECT_EQ(folder.names().empty(), GetParam() == u64{1} << 20) << "spilled or not";
    for (int pair = 0; pair < 2000; ++pair) {
      const u64 a = documents[random() % documents.size()];
      const u64 b = documents[random() % documents.size()];
      const auto found = sets.get(a);
      const std::vector<u64> first(found.begin(), found.end());
      const auto second = sets.get(b);
      ASSERT_TRUE(
          std::equal(first.begin(), first.end(), expected.at(a).begin(), expected.at(a).end()));
      ASSERT_TRUE(
          std::equal(second.begin(), second.end(), expected.at(b).begin(), expected.at(b).end()));
    }
    sets.clear();
    EXPECT_TRUE(folder.names().empty()) << "a component leaves nothing behind";
    EXPECT_THROW((void)sets.get(documents[0]), InternalError);
  }
}

}  // namespace
}  // namespace shardmill

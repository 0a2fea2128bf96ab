#include "jobs/report/statistics.hpp"

#include <gtest/gtest.h>

#include <random>

namespace shardmill {
namespace {

struct Sighting {
  int what;
  u64 number;
};

void see(Statistics& statistics, const Sighting& sighting) {
  switch (sighting.what) {
    case 0:
      return statistics.add_kept(sighting.number % 100000);
    case 1:
      return statistics.add_dropped(sighting.number % 2 == 0 ? "filter" : "dedup.exact",
                                    sighting.number % 1000);
    case 2:
      return statistics.add_score(sighting.number % 101, 100);
    default:
      DuplicateGroup group;
      group.root = sighting.number;
      for (u64 i = 0; i < 2 + sighting.number % 9; ++i) group.add(group.root + i, "web", i == 5);
      return statistics.add_cluster(group);
  }
}

TEST(Statistics, DoNotDependOnHowDocumentsAreDealtOut) {
  const u64 seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::vector<Sighting> sightings;
  for (int i = 0; i < 2000; ++i) {
    sightings.push_back({static_cast<int>(random() % 4), random() >> 8});
  }
  Statistics whole;
  for (const Sighting& sighting : sightings) see(whole, sighting);
  for (const std::size_t ranks : {1U, 2U, 3U, 7U}) {
    std::vector<Statistics> parts(ranks);
    for (const Sighting& sighting : sightings) see(parts[random() % ranks], sighting);
    Statistics merged;
    for (const Statistics& part : parts) merged.merge(deserialise_statistics(serialise(part)));
    EXPECT_EQ(merged, whole) << ranks;
  }
}

TEST(Statistics, BucketsHoldTheirBorders) {
  EXPECT_EQ(log2_bucket(0), 0U);
  for (u64 b = 0; b < 64; ++b) {
    EXPECT_EQ(log2_bucket(u64{1} << b), b);
    EXPECT_EQ(log2_bucket((u64{1} << b) | ((u64{1} << b) - 1)), b);
  }
  EXPECT_EQ(log2_bucket(UINT64_MAX), 63U);
}

TEST(Statistics, ScoresAreRoundedDownAndChecked) {
  Statistics statistics;
  statistics.add_score(7999, 10000);
  statistics.add_score(8000, 10000);
  statistics.add_score(UINT64_MAX, UINT64_MAX);
  EXPECT_EQ(statistics.similarity_percent[79], 1U);
  EXPECT_EQ(statistics.similarity_percent[80], 1U);
  EXPECT_EQ(statistics.similarity_percent[100], 1U);
  EXPECT_EQ(statistics.similar_at_least(80), 2U);
  EXPECT_THROW(statistics.add_score(1, 0), InternalError);
  EXPECT_THROW(statistics.add_score(2, 1), InternalError);
}

TEST(DuplicateGroup, ShowsAKeptAndADroppedMember) {
  DuplicateGroup late;
  for (u64 key = 0; key < 10; ++key) late.add(key, "web", key == 8);
  EXPECT_EQ(late.size, 10U);
  EXPECT_EQ(late.kept, 1U);
  ASSERT_EQ(late.members.size(), DuplicateGroup::kMembers);
  EXPECT_EQ(late.members.back().key, 8U);
  EXPECT_TRUE(late.members.back().kept);
  EXPECT_FALSE(late.members.front().kept);
}

TEST(Statistics, TruncatedBytesAreAnError) {
  Statistics statistics;
  statistics.add_kept(5);
  const std::string bytes = serialise(statistics);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THROW((void)deserialise_statistics(bytes.substr(0, length)), DataError) << length;
  }
}

TEST(Excerpt, CutsBetweenCharactersAndFoldsSpace) {
  EXPECT_EQ(excerpt_of("  a \n\n b\t", 10), "a b");
  EXPECT_EQ(excerpt_of("äöü", 2), "äö…");
  EXPECT_EQ(excerpt_of("äöü", 3), "äöü");
  EXPECT_EQ(excerpt_of("ab cd", 3), "ab…");
  EXPECT_EQ(excerpt_of("", 3), "");
}

}  // namespace
}  // namespace shardmill

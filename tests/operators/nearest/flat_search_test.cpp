#include "operators/nearest/flat_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/operators/nearest/unit_vectors.hpp"

namespace shardmill {
namespace {

class Search : public testing::Test {
 protected:
  void SetUp() override {
    if (!FlatSearch::available()) GTEST_SKIP() << "built without FAISS";
  }
};

using Pairs = std::vector<ProposedPair>;

// All pairs of at least `least`, in plain loops.
Pairs reached(std::span<const float> queries, std::span<const float> candidates, std::size_t d,
              double least) {
  Pairs pairs;
  for (u32 q = 0; q < queries.size() / d; ++q) {
    for (u32 c = 0; c < candidates.size() / d; ++c) {
      if (cosine(vector_at(queries, d, q), vector_at(candidates, d, c)) >= least) {
        pairs.push_back({q, c});
      }
    }
  }
  return pairs;
}

Pairs proposed(const FlatSearch& search, std::span<const float> queries, double least) {
  Pairs pairs = {{9, 9}};  // to be replaced
  search.propose(queries, least, pairs);
  return pairs;
}

// What is proposed and reaches `least` in double.
Pairs decided(const Pairs& pairs, std::span<const float> queries, std::span<const float> candidates,
              std::size_t d, double least) {
  Pairs good;
  for (const ProposedPair& pair : pairs) {
    if (cosine(vector_at(queries, d, pair.query), vector_at(candidates, d, pair.candidate)) >=
        least) {
      good.push_back(pair);
    }
  }
  return good;
}

TEST_F(Search, ProposesAllThatReachesTheScoreAndLittleElse) {
  for (const std::size_t d : {1U, 3U, 128U, 1000U}) {
    for (const std::size_t queries : {1U, 19U, 300U}) {
      const std::vector<float> q = random_units(queries, d, 1, 5);
      const std::vector<float> c = random_units(d > 500 ? 60 : 700, d, 1, 5);
      const FlatSearch search(c, d);
      for (const double least : {-0.5, 0.5, 0.9, 0.99}) {
        const Pairs pairs = proposed(search, q, least);
        EXPECT_TRUE(std::is_sorted(pairs.begin(), pairs.end()));
        EXPECT_EQ(decided(pairs, q, c, d, least), reached(q, c, d, least)) << d << " " << least;
        EXPECT_EQ(decided(pairs, q, c, d, least - 3 * float_error(d)), pairs);
      }
    }
  }
}

// The score of a pair as the threshold itself: the float product may be on either side.
TEST_F(Search, ProposesPairsExactlyAtTheScore) {
  for (const std::size_t d : {1U, 3U, 128U, 1000U}) {
    const std::vector<float> q = random_units(40, d, 7, 3);
    const std::vector<float> c = random_units(60, d, 7, 3);
    const FlatSearch search(c, d);
    for (u32 n = 0; n < 40; ++n) {
      const double least = cosine(vector_at(q, d, n), vector_at(c, d, n));
      EXPECT_EQ(decided(proposed(search, q, least), q, c, d, least), reached(q, c, d, least));
    }
  }
}

TEST_F(Search, OfEqualVectors) {
  const std::vector<float> one = random_units(1, 128, 3);
  std::vector<float> all;
  for (u32 n = 0; n < 500; ++n) all.insert(all.end(), one.begin(), one.end());
  const FlatSearch search(all, 128);
  EXPECT_EQ(proposed(search, all, cosine(one, one)).size(), 500U * 500U);
  Pairs pairs;
  search.propose_best(all, 2, pairs);
  EXPECT_EQ(pairs.size(), 500U * 500U);  // each may be among the best
}

TEST_F(Search, OfNothing) {
  const std::vector<float> some = random_units(5, 3, 1);
  EXPECT_TRUE(proposed(FlatSearch({}, 3), some, -1).empty());
  EXPECT_TRUE(proposed(FlatSearch(some, 3), {}, -1).empty());
}

// The numbers of the `best` candidates by cosine, then by number.
std::vector<std::vector<u32>> best_of(std::span<const float> queries,
                                      std::span<const float> candidates, std::size_t d,
                                      std::size_t best) {
  std::vector<std::vector<u32>> all;
  for (u32 q = 0; q < queries.size() / d; ++q) {
    std::vector<std::pair<double, u32>> scores;
    for (u32 c = 0; c < candidates.size() / d; ++c) {
      scores.emplace_back(-cosine(vector_at(queries, d, q), vector_at(candidates, d, c)), c);
    }
    std::sort(scores.begin(), scores.end());
    std::vector<u32>& own = all.emplace_back();
    for (std::size_t i = 0; i < std::min(best, scores.size()); ++i) own.push_back(scores[i].second);
  }
  return all;
}

TEST_F(Search, ProposesTheBest) {
  for (const std::size_t d : {1U, 3U, 128U, 1000U}) {
    for (const std::size_t count : {1U, 2U, 9U, 40U, 1100U}) {
      if (d > 500 && count > 500) continue;  // minutes, with sanitizers
      const std::vector<float> q = random_units(270, d, 1, 5);
      const std::vector<float> c = random_units(count, d, 1, 5, 0.001);
      const FlatSearch search(c, d);
      for (const std::size_t best : {1U, 3U, 20U}) {
        Pairs pairs;
        search.propose_best(q, best, pairs);
        EXPECT_TRUE(std::is_sorted(pairs.begin(), pairs.end()));
        const std::set<ProposedPair> found(pairs.begin(), pairs.end());
        EXPECT_EQ(found.size(), pairs.size());
        const auto expected = best_of(q, c, d, best);
        for (u32 query = 0; query < expected.size(); ++query) {
          for (const u32 candidate : expected[query]) {
            ASSERT_TRUE(found.contains({query, candidate})) << d << " " << count << " " << best;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace shardmill

#include "operators/dedup/verify.hpp"

#include "tests/operators/dedup/similar_pairs.hpp"

namespace shardmill {
namespace {

class VerifyShapes : public ClusterShapes {};
SHARDMILL_EVERY_SHAPE(VerifyShapes);

std::vector<SimilarPair> verified(const Shape& shape, const SketchedDocuments& documents,
                                  const std::vector<Candidate>& candidates,
                                  const Similarity& similarity) {
  PerRank<SimilarPair> out(shape.ranks);
  run_shape(shape, [&](Cluster& cluster) {
    MemorySketches sketches(documents, cluster.rank(), cluster.size());
    auto mine = share(cluster, candidates, [](const Candidate& c) { return c.better_key; });
    std::map<std::string, u64> counts;
    const auto similar = verify_candidates(cluster, similarity, std::move(mine), sketches, counts);
    similar.for_each([&](const SimilarPair& pair) { out.of(cluster).push_back(pair); });
  });
  std::vector<SimilarPair> all = out.all();
  std::sort(all.begin(), all.end());
  return all;
}

TEST_P(VerifyShapes, EveryCandidateIsComparedExactly) {
  const SketchedDocuments documents = letter_documents(200, 3);
  for (const u32 one_in : {4U, 150U}) {  // one large component; many small ones
    const auto candidates = random_candidates(documents, one_in, one_in);
    for (const Measure measure : {Measure::jaccard, Measure::containment}) {
      for (const char* threshold : {"0.5", "0.333", "1", "0.000000000000000001"}) {
        const Decimal least = *Decimal::parse(threshold);
        std::vector<SimilarPair> expected;
        std::size_t just = 0;
        for (const Candidate& pair : candidates) {
          const SimilarPair score = score_of(documents, pair, measure);
          const u128 left = static_cast<u128>(score.score_num) * least.denominator;
          const u128 right = static_cast<u128>(score.score_den) * static_cast<u64>(least.numerator);
          if (left >= right) expected.push_back(score);
          just += left == right ? 1 : 0;
        }
        std::sort(expected.begin(), expected.end());
        if (least == *Decimal::parse("0.5") && one_in == 4) {
          EXPECT_GT(just, 20U) << "pairs at the threshold itself are similar";
        }
        EXPECT_TRUE(verified(GetParam(), documents, candidates,
                             {{ShingleUnit::words, 1}, measure, least}) == expected)
            << threshold << " of one in " << one_in;
      }
    }
  }
}

TEST_P(VerifyShapes, NoCandidatesNoPairs) {
  EXPECT_TRUE(
      verified(GetParam(), letter_documents(5, 1), {}, {{}, Measure::jaccard, {1, 1}}).empty());
}

}  // namespace
}  // namespace shardmill

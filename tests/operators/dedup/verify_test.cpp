#include "operators/dedup/verify.hpp"

#include "tests/operators/dedup/memory_of_nights.hpp"
#include "tests/operators/dedup/similar_pairs.hpp"

namespace shardmill {
namespace {

class VerifyShapes : public ClusterShapes {};
SHARDMILL_EVERY_SHAPE(VerifyShapes);

struct Counts {
  u64 recalled = 0;
  u64 compared = 0;
};

// `memory`: what is known, and then what was remembered.
std::vector<SimilarPair> verified(const Shape& shape, const SketchedDocuments& documents,
                                  const std::vector<Candidate>& candidates,
                                  const Similarity& similarity,
                                  std::vector<ComparedPair>* memory = nullptr,
                                  Counts* counted = nullptr) {
  PerRank<SimilarPair> out(shape.ranks);
  PerRank<ComparedPair> compared(shape.ranks);
  PerRank<Counts> counters(shape.ranks);
  run_shape(shape, [&](Cluster& cluster) {
    MemorySketches sketches(documents, cluster.rank(), cluster.size());
    const auto known = share(cluster, memory != nullptr ? *memory : std::vector<ComparedPair>(),
                             [](const ComparedPair& pair) { return pair.better_key; });
    auto mine = share(cluster, candidates, [](const Candidate& c) { return c.better_key; });
    const Verified verified =
        verify_candidates(cluster, similarity, std::move(mine), known, sketches);
    verified.similar.for_each([&](const SimilarPair& pair) { out.of(cluster).push_back(pair); });
    verified.compared.for_each(
        [&](const ComparedPair& pair) { compared.of(cluster).push_back(pair); });
    counters.of(cluster).push_back(
        {verified.recalled, verified.compared.size() - verified.recalled});
  });
  if (memory != nullptr) *memory = compared.all();
  if (counted != nullptr) {
    *counted = {};
    for (const Counts& mine : counters.all()) {
      counted->recalled += mine.recalled;
      counted->compared += mine.compared;
    }
  }
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

// What is remembered at one threshold decides at all others, but for pairs that nobody counted.
TEST_P(VerifyShapes, WhatIsRememberedIsNotComparedAgain) {
  const SketchedDocuments documents = letter_documents(200, 4);
  const auto candidates = random_candidates(documents, 9, 1);
  const auto similarity = [](const char* threshold, Measure measure) {
    return Similarity{{ShingleUnit::words, 1}, measure, *Decimal::parse(threshold)};
  };
  std::vector<ComparedPair> memory;
  Counts counts;
  (void)verified(GetParam(), documents, candidates, similarity("0.9", Measure::jaccard), &memory,
                 &counts);
  EXPECT_EQ(counts.recalled, 0U);
  EXPECT_EQ(counts.compared, candidates.size());
  EXPECT_EQ(memory.size(), candidates.size());
  u64 open = candidates.size();
  for (const Measure measure : {Measure::jaccard, Measure::containment}) {
    for (const char* threshold : {"0.95", "0.5", "0.05"}) {
      const Similarity other = similarity(threshold, measure);
      const auto expected = verified(GetParam(), documents, candidates, other);
      EXPECT_TRUE(verified(GetParam(), documents, candidates, other, &memory, &counts) == expected);
      EXPECT_EQ(counts.recalled + counts.compared, candidates.size());
      EXPECT_LT(counts.compared, open);
      if (*Decimal::parse(threshold) == *Decimal::parse("0.5") && measure == Measure::jaccard) {
        EXPECT_GT(counts.compared, 0U) << "sizes alone had told these apart";
      }
      EXPECT_EQ(memory.size(), candidates.size());
    }
    open = 1;
  }
  // Documents that are gone, and pairs that are no candidates any more, are forgotten.
  const std::vector<Candidate> fewer(candidates.begin() + 5, candidates.end());
  (void)verified(GetParam(), documents, fewer, similarity("0.5", Measure::jaccard), &memory);
  EXPECT_EQ(memory.size(), fewer.size());
  for (ComparedPair& pair : memory) pair.common = 0;
  EXPECT_TRUE(
      verified(GetParam(), documents, candidates, similarity("0.5", Measure::jaccard), &memory)
          .size() <= 5);
}

// Where a few are compared with everybody, a round reads these again, and no other document.
TEST_P(VerifyShapes, RoundsOfATemplateReadItsDocumentsOnce) {
  const SketchedDocuments documents = letter_documents(200, 5);
  constexpr u64 kHead = 4;
  std::vector<Candidate> candidates;
  const std::vector<DocKey> order = ranked(documents, 0);
  u64 worse = 0;
  for (std::size_t d = kHead; d < order.size(); ++d) {
    if (order[d].foreign()) continue;
    ++worse;
    for (std::size_t c = 0; c < kHead; ++c) {
      candidates.push_back({order[c].value, order[d].value, c, d});
    }
  }
  MemoryOfNights memory(GetParam().ranks);
  PerRank<u64> texts(GetParam().ranks);
  PerRank<u64> rounds(GetParam().ranks);
  run([&](Cluster& cluster) {
    cluster.force_round_pairs = 20;
    MemorySketches sketches(documents, cluster.rank(), cluster.size(), &memory);
    const auto none = share(cluster, std::vector<ComparedPair>(),
                            [](const ComparedPair& pair) { return pair.better_key; });
    auto mine = share(cluster, candidates, [](const Candidate& c) { return c.better_key; });
    (void)verify_candidates(cluster, {{ShingleUnit::words, 1}, Measure::jaccard, {1, 2}},
                            std::move(mine), none, sketches);
    texts.of(cluster).push_back(sketches.texts_read);
    rounds.of(cluster).push_back(memory.commits.of(cluster).size());
  });
  u64 read = 0;
  for (const u64 n : texts.all()) read += n;
  const u64 times = rounds.all().front();
  EXPECT_GE(times, candidates.size() / 20 / GetParam().ranks);
  // One whose pairs two rounds share is read twice.
  EXPECT_LE(read, worse + times * (kHead + GetParam().ranks));
}

TEST_P(VerifyShapes, NoCandidatesNoPairs) {
  EXPECT_TRUE(
      verified(GetParam(), letter_documents(5, 1), {}, {{}, Measure::jaccard, {1, 1}}).empty());
}

}  // namespace
}  // namespace shardmill

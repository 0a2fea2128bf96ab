#include "operators/dedup/decide.hpp"

#include "tests/operators/dedup/similar_pairs.hpp"

namespace shardmill {
namespace {

class DecideShapes : public ClusterShapes {};
SHARDMILL_EVERY_SHAPE(DecideShapes);

using Decide = void (*)(Cluster&, const std::string&, const Records<SimilarPair>&, u32,
                        Records<Verdict>&);

std::vector<Verdict> decided(const Shape& shape, const std::vector<SimilarPair>& pairs,
                             Decide decide) {
  PerRank<Verdict> out(shape.ranks);
  run_shape(shape, [&](Cluster& cluster) {
    Findings findings(cluster, "test");
    // Pairs come from anywhere: verification leaves them at the ranks of their components.
    const auto mine =
        share(cluster, pairs, [](const SimilarPair& p) { return p.worse + p.better; });
    decide(cluster, "test", mine, 6, findings.drops);
    findings.drops.for_each([&](const Verdict& one) { out.of(cluster).push_back(one); });
  });
  std::vector<Verdict> all = out.all();
  std::sort(all.begin(), all.end());
  return all;
}

// Pairs with scores of their own, of graphs from sparse to dense.
std::vector<SimilarPair> random_pairs(u32 one_in) {
  std::vector<SimilarPair> pairs;
  for (const Candidate& c : random_candidates(letter_documents(250, 8), one_in, one_in)) {
    const u64 score = mix64(c.worse ^ mix64(c.better)) % 50;
    pairs.push_back({c.worse, c.better, c.worse_key, c.better_key, 50 + score, 100});
  }
  return pairs;
}

// worse node -> its pairs, best neighbour first.
std::map<u64, std::map<u64, SimilarPair>> by_worse(const std::vector<SimilarPair>& pairs) {
  std::map<u64, std::map<u64, SimilarPair>> neighbours;
  for (const SimilarPair& pair : pairs) neighbours[pair.worse][pair.better] = pair;
  return neighbours;
}

TEST_P(DecideShapes, ADocumentGoesOnlyBesideItsBestKeptNeighbour) {
  for (const u32 one_in : {3U, 40U, 300U}) {
    const std::vector<SimilarPair> pairs = random_pairs(one_in);
    std::set<u64> gone;
    std::vector<Verdict> expected;
    for (const auto& [worse, better] : by_worse(pairs)) {  // in the order of priority
      for (const auto& [node, pair] : better) {
        if (gone.contains(node)) continue;
        gone.insert(worse);
        expected.push_back({DocKey{pair.worse_key}, DocKey{pair.better_key}, 6, 0, pair.score_num,
                            pair.score_den});
        break;
      }
    }
    std::sort(expected.begin(), expected.end());
    EXPECT_FALSE(expected.empty());
    EXPECT_TRUE(decided(GetParam(), pairs, drop_beside_witness) == expected) << one_in;
  }
}

TEST_P(DecideShapes, InAChainEverythingGoesThatIsLikeABetterOne) {
  for (const u32 one_in : {3U, 300U}) {
    const std::vector<SimilarPair> pairs = random_pairs(one_in);
    std::vector<Verdict> expected;
    for (const auto& [worse, better] : by_worse(pairs)) {
      const SimilarPair& pair = better.begin()->second;
      expected.push_back(
          {DocKey{pair.worse_key}, DocKey{pair.better_key}, 6, 0, pair.score_num, pair.score_den});
    }
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(decided(GetParam(), pairs, drop_beside_better), expected);
  }
}

TEST_P(DecideShapes, AllOfAComponentButTheBestGo) {
  for (const u32 one_in : {3U, 40U, 300U}) {
    const std::vector<SimilarPair> pairs = random_pairs(one_in);
    std::map<u64, u64> root, key;
    for (const SimilarPair& pair : pairs) {
      root[pair.worse] = pair.worse;
      root[pair.better] = pair.better;
      key[pair.worse] = pair.worse_key;
      key[pair.better] = pair.better_key;
    }
    for (bool changed = true; changed;) {
      changed = false;
      for (const SimilarPair& pair : pairs) {
        const u64 least = std::min(root[pair.worse], root[pair.better]);
        changed |= root[pair.worse] != least || root[pair.better] != least;
        root[pair.worse] = root[pair.better] = least;
      }
    }
    const auto neighbours = by_worse(pairs);
    std::vector<Verdict> expected;
    std::size_t scored = 0;
    for (const auto& [node, best] : root) {
      if (node == best || DocKey{key[node]}.foreign()) continue;
      Verdict verdict{DocKey{key[node]}, DocKey{key[best]}, 6, 0, 0, 0};
      if (const auto at = neighbours.find(node); at != neighbours.end()) {
        if (const auto direct = at->second.find(best); direct != at->second.end()) {
          verdict.score_num = direct->second.score_num;
          verdict.score_den = direct->second.score_den;
          ++scored;
        }
      }
      expected.push_back(verdict);
    }
    std::sort(expected.begin(), expected.end());
    EXPECT_GT(scored, 0U);
    EXPECT_GT(expected.size(), scored);
    EXPECT_TRUE(decided(GetParam(), pairs, drop_all_but_best) == expected) << one_in;
  }
}

TEST_P(DecideShapes, BelievedCandidatesAreSimilarWithoutAScore) {
  const auto candidates = random_candidates(letter_documents(60, 2), 5, 2);
  PerRank<SimilarPair> out(GetParam().ranks);
  run([&](Cluster& cluster) {
    const auto believed = believe_candidates(
        cluster, share(cluster, candidates, [](const Candidate& c) { return c.better_key; }));
    believed.for_each([&](const SimilarPair& pair) { out.of(cluster).push_back(pair); });
  });
  std::set<SimilarPair> expected, found;
  for (const Candidate& c : candidates) {
    expected.insert({c.worse, c.better, c.worse_key, c.better_key, 0, 0});
  }
  for (const SimilarPair& pair : out.all()) found.insert(pair);
  EXPECT_TRUE(found == expected);
}

}  // namespace
}  // namespace shardmill

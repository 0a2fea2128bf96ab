#include "operators/dedup/candidates.hpp"

#include <cstring>
#include <random>
#include <set>

#include "tests/operators/dedup/memory_sketches.hpp"

namespace shardmill {
namespace {

constexpr u32 kBands = 4;
constexpr u32 kRows = 2;

using Signature = std::vector<u32>;

std::string as_bytes(const Signature& signature) {
  return {reinterpret_cast<const char*>(signature.data()), signature.size() * sizeof(u32)};
}

// Minima of few values, so that buckets are crowded; some documents have no shingles, some are
// foreign, and each begins with `prefix` bytes of priority.
SketchedDocuments documents_of(std::size_t prefix, u32 values) {
  std::mt19937 random(values);
  SketchedDocuments documents;
  for (u32 i = 0; i < 300; ++i) {
    Signature signature(kBands * kRows, UINT32_MAX);
    if (i % 20 != 0) {
      for (u32& minimum : signature) minimum = draw(random, values);
    }
    std::string sketch(prefix, '\0');
    for (char& c : sketch) c = static_cast<char>(draw(random, 3));
    const u64 ordinal = i % 10 == 3 ? DocKey::kForeign + i / 50 : i / 7;
    documents[DocKey::of(ordinal, i * 11)] = {sketch + as_bytes(signature), ""};
  }
  return documents;
}

Signature signature_of(const SketchedDocument& document, std::size_t prefix) {
  Signature signature(kBands * kRows);
  std::memcpy(signature.data(), document.sketch.data() + prefix, signature.size() * sizeof(u32));
  return signature;
}

// The rule as DESIGN 6 words it: c and d are compared in a bucket iff c is among the first `head`
// or they share a second band and c is among the first `head` of those who do, the head left out.
std::set<KeyPair> by_brute_force(const SketchedDocuments& documents, std::size_t prefix, u32 head) {
  const std::vector<DocKey> order = ranked(documents, prefix);
  std::set<KeyPair> pairs;
  const auto band = [&](DocKey key, u32 b) {
    const Signature signature = signature_of(documents.at(key), prefix);
    return std::pair(signature[b * kRows], signature[b * kRows + 1]);
  };
  const auto meet = [&](const std::vector<DocKey>& members) {
    for (std::size_t d = 0; d < members.size(); ++d) {
      for (std::size_t c = 0; c < std::min<std::size_t>(d, head); ++c) {
        if (!members[d].foreign()) pairs.emplace(members[c], members[d]);
      }
    }
  };
  for (u32 b = 0; b < kBands; ++b) {
    std::map<std::pair<u32, u32>, std::vector<DocKey>> buckets;
    for (const DocKey key : order) {
      if (band(key, 0).first != UINT32_MAX) buckets[band(key, b)].push_back(key);
    }
    for (auto& [bucket, members] : buckets) {
      meet(members);
      if (members.size() <= head) continue;
      members.erase(members.begin(), members.begin() + head);
      for (u32 second = 0; second < kBands; ++second) {
        if (second == b) continue;
        std::map<std::pair<u32, u32>, std::vector<DocKey>> inner;
        for (const DocKey key : members) inner[band(key, second)].push_back(key);
        for (const auto& [minima, both] : inner) {
          // (b, second) and (second, b) are one bucket, met from the lower band.
          if (second > b) meet(both);
        }
      }
    }
  }
  return pairs;
}

class CandidatesShapes : public ClusterShapes {};
SHARDMILL_EVERY_SHAPE(CandidatesShapes);

TEST_P(CandidatesShapes, AreThePairsOfTheRuleEachOnceAtItsOwner) {
  for (const std::size_t prefix : {std::size_t{0}, KeepRule::kCriterionBytes}) {
    for (const u32 head : {1U, 2U, 3U, 1000U}) {
      const u32 values = head == 1000 ? 9 : 4;
      const SketchedDocuments documents = documents_of(prefix, values);
      const std::vector<DocKey> order = ranked(documents, prefix);
      PerRank<Candidate> out(GetParam().ranks);
      run([&](Cluster& cluster) {
        MemorySketches sketches(documents, cluster.rank(), cluster.size());
        const KeepRule rule(prefix == 0 ? std::vector<std::string>{}
                                        : std::vector<std::string>{"longest"});
        const Ranking ranking(cluster, "test", rule, sketches);
        const auto found = find_candidates(cluster, {kBands, kRows, head}, ranking, sketches);
        found.for_each([&](const Candidate& one) { out.of(cluster).push_back(one); });
      });
      std::set<KeyPair> pairs;
      std::map<u64, DocKey> node_of;
      for (u32 rank = 0; rank < GetParam().ranks; ++rank) {
        const auto& part = out.parts()[rank];
        EXPECT_TRUE(std::is_sorted(part.begin(), part.end()));
        for (const Candidate& one : part) {
          EXPECT_EQ(owner_of(mix64(one.better_key), GetParam().ranks).value, rank);
          EXPECT_TRUE(pairs.emplace(DocKey{one.better_key}, DocKey{one.worse_key}).second)
              << "a pair twice";
          EXPECT_LT(one.better, one.worse);
          node_of[one.better] = DocKey{one.better_key};
          node_of[one.worse] = DocKey{one.worse_key};
        }
      }
      EXPECT_GT(pairs.size(), 100U);
      EXPECT_TRUE(pairs == by_brute_force(documents, prefix, head)) << "head " << head;
      // Nodes are in the order of priority.
      std::size_t at = 0;
      for (const auto& [node, key] : node_of) {
        while (at < order.size() && order[at] != key) ++at;
        ASSERT_LT(at, order.size()) << "the nodes are in another order than the priorities";
      }
    }
  }
}

TEST_P(CandidatesShapes, ABucketOfAllCostsHeadPairsADocument) {
  SketchedDocuments documents;
  for (u32 i = 0; i < 400; ++i) {
    Signature signature(kBands * kRows, 7);
    for (u32 b = 1; b < kBands; ++b) signature[b * kRows] = 1000 + i * kBands + b;  // one shared
    documents[DocKey::of(0, i)] = {as_bytes(signature), ""};
  }
  PerRank<Candidate> out(GetParam().ranks);
  run([&](Cluster& cluster) {
    MemorySketches sketches(documents, cluster.rank(), cluster.size());
    const Ranking ranking(cluster, "test", KeepRule({}), sketches);
    const auto found = find_candidates(cluster, {kBands, kRows, 3}, ranking, sketches);
    found.for_each([&](const Candidate& one) { out.of(cluster).push_back(one); });
  });
  EXPECT_EQ(out.all().size(), 397U * 3 + 2 + 1);
}

TEST(Buckets, AreTheMinimaOfABandWithItsNumber) {
  std::vector<u64> buckets;
  const Signature signature = {1, 2, 1, 2, UINT32_MAX, UINT32_MAX};
  buckets_of(signature, {3, 2}, buckets);
  ASSERT_EQ(buckets.size(), 3U);
  EXPECT_NE(buckets[0], buckets[1]) << "equal minima in two bands are two buckets";
  EXPECT_EQ(buckets[1], hash64(as_bytes({1, 2}), 1));
  buckets_of(Signature(6, UINT32_MAX), {3, 2}, buckets);
  EXPECT_TRUE(buckets.empty()) << "a document without shingles is in no bucket";
}

}  // namespace
}  // namespace shardmill

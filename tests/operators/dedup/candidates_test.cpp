#include "operators/dedup/candidates.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <set>

#include "engine/records/ascending.hpp"
#include "operators/dedup/meeting.hpp"
#include "tests/operators/dedup/memory_of_nights.hpp"

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

class CandidatesNightsShapes : public ClusterShapes {};
SHARDMILL_FEW_SHAPES(CandidatesNightsShapes);

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
        const Recollection nothing(cluster, sketches, {});
        EXPECT_FALSE(nothing.complete());
        const Bands bands{kBands, kRows, head};
        const auto found = find_candidates(cluster, bands, ranking, sketches, nothing);
        found.pairs.for_each([&](const Candidate& one) { out.of(cluster).push_back(one); });
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
    const Recollection nothing(cluster, sketches, {});
    const auto found = find_candidates(cluster, {kBands, kRows, 3}, ranking, sketches, nothing);
    found.pairs.for_each([&](const Candidate& one) { out.of(cluster).push_back(one); });
  });
  EXPECT_EQ(out.all().size(), 397U * 3 + 2 + 1);
}

// Nights that add documents of any priority, take some away and change others: the candidates are
// those of the rule, whatever was remembered.
TEST_P(CandidatesNightsShapes, OfANightAreTheSameAsWithoutMemory) {
  constexpr u32 kNights = 10;
  u64 complete = 0;
  u64 displacing = 0;
  u64 refused_for_one_gone = 0;
  for (const std::size_t prefix : {std::size_t{0}, KeepRule::kCriterionBytes}) {
    for (const u32 head : {1U, 2U, 5U}) {
      std::mt19937 random(head + static_cast<u32>(prefix));
      // Two generations: by arrival documents of low ordinals come before those that are there.
      const SketchedDocuments all = documents_of(prefix, head == 5 ? 5 : 12);
      SketchedDocuments now;
      MemoryOfNights memory(GetParam().ranks);
      for (u32 night = 0; night < kNights; ++night) {
        const SketchedDocuments before = now;
        for (const auto& [key, document] : all) {
          const u32 dice = draw(random, 100);
          if (night == 0 ? dice < 60 : dice < 4) now[key] = document;
          if (night > 4 && dice > 97) now.erase(key);
        }
        if (night == 7) {  // a file is another
          memory.changed = {3};
          std::erase_if(now, [](const auto& one) { return one.first.ordinal() == 3; });
        }
        if (night == 8) memory.lost = GetParam().ranks - 1;
        PerRank<Candidate> out(GetParam().ranks);
        PerRank<u64> was_complete(GetParam().ranks);
        run([&](Cluster& cluster) {
          MemorySketches sketches(now, cluster.rank(), cluster.size(), &memory);
          const KeepRule rule(prefix == 0 ? std::vector<std::string>{}
                                          : std::vector<std::string>{"longest"});
          const Recollection known(cluster, sketches, {"night", "decided", false});
          was_complete.of(cluster).push_back(known.complete() ? 1 : 0);
          EXPECT_FALSE(known.stands());
          const Ranking ranking(cluster, "test", rule, sketches);
          const Bands bands{kBands, kRows, head};
          const auto found = find_candidates(cluster, bands, ranking, sketches, known);
          Records<ComparedPair> compared(cluster, "compared",
                                         cluster.budget.lease("compared", 0.05));
          found.pairs.for_each([&](const Candidate& one) {
            EXPECT_LT(one.better, one.worse);
            out.of(cluster).push_back(one);
            compared.push({one.better_key, one.worse_key, 1, 1, 0, 0});
          });
          Ascending matters(found.decisive);
          Records<KnownDocument> seen(cluster, "seen", cluster.budget.lease("seen", 0.05));
          sketches.for_each([&](DocKey key, std::string_view) {
            seen.push({key.value, matters.has(key.value) ? 1U : 0U});
          });
          const Records<Verdict> drops(cluster, "drops", cluster.budget.lease("drops", 0.05));
          const Records<Edge> edges(cluster, "edges", cluster.budget.lease("edges", 0.05));
          memory.remember(cluster, {"night", "decided", compared, false, seen, drops, edges});
        });
        std::set<KeyPair> pairs;
        std::map<u64, DocKey> node_of;
        for (const Candidate& one : out.all()) {
          EXPECT_TRUE(pairs.emplace(DocKey{one.better_key}, DocKey{one.worse_key}).second);
          for (const auto& [node, key] :
               {std::pair(one.better, one.better_key), std::pair(one.worse, one.worse_key)}) {
            EXPECT_EQ(node_of.emplace(node, DocKey{key}).first->second, DocKey{key});
          }
        }
        EXPECT_TRUE(pairs == by_brute_force(now, prefix, head))
            << "night " << night << ", head " << head << ", prefix " << prefix;
        if (was_complete.all().front() != 0) {
          ++complete;
          const std::set<KeyPair> old = by_brute_force(before, prefix, head);
          displacing += std::any_of(old.begin(), old.end(), [&](const KeyPair& pair) {
            return !pairs.contains(pair) && now.contains(pair.first) && now.contains(pair.second);
          });
        } else if (night > 4 && night != 8) {
          ++refused_for_one_gone;
        }
        if (night == 0 || night == 8) {
          EXPECT_EQ(was_complete.all().front(), 0U);
        }
        memory.lost = UINT32_MAX;
        memory.next_night();
      }
    }
  }
  EXPECT_GT(complete, 25U);
  EXPECT_GT(displacing, 8U) << "no night changed who meets whom of the others";
  EXPECT_GT(refused_for_one_gone, 2U);
}

TEST(Buckets, AreTheMinimaOfABandWithItsNumber) {
  std::vector<u64> buckets;
  const Signature signature = {1, 2, 1, 2, UINT32_MAX, UINT32_MAX};
  buckets_of(signature, {3, 2}, buckets);
  ASSERT_EQ(buckets.size(), 3U);
  EXPECT_NE(buckets[0], buckets[1]) << "equal minima in two bands are two buckets";
  EXPECT_EQ(buckets[1], hash64(as_bytes({1, 2}), 1) & ~u64{3});
  buckets_of(Signature(6, UINT32_MAX), {3, 2}, buckets);
  EXPECT_TRUE(buckets.empty()) << "a document without shingles is in no bucket";
}

}  // namespace
}  // namespace shardmill

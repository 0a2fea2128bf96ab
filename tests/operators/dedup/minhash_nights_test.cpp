#include <map>
#include <set>
#include <tuple>

#include "operators/dedup/minhash.hpp"
#include "tests/operators/dedup/memory_of_nights.hpp"
#include "tests/operators/dedup/similar_pairs.hpp"

namespace shardmill {
namespace {

MinHashSettings settings_of(const char* threshold, std::vector<std::string> keep, bool components) {
  MinHashSettings settings;
  settings.similarity = {{ShingleUnit::words, 1}, Measure::jaccard, *Decimal::parse(threshold)};
  settings.bands = {5, 1, 3};
  settings.components = components;
  settings.keep = std::move(keep);
  return settings;
}

void add_sketches(MinHashDedup& step, SketchedDocuments& documents) {
  for (auto& [key, document] : documents) {
    Batch batch;
    batch.key.push_back(key);
    batch.source.push_back(0);
    batch.id.push("id");
    batch.text.push(document.text);
    document.sketch.clear();
    step.sketch(batch, document.sketch);
  }
}

struct Outcome {
  std::set<std::tuple<DocKey, DocKey, u64, u64>> drops;  // with witness and score
  std::map<u64, std::set<u64>> groups;                   // by smallest member
  u64 recalled = 0;
  u64 compared = 0;
  u64 passed_over = 0;
  bool operator==(const Outcome& other) const {
    return drops == other.drops && groups == other.groups;
  }
};

class MinHashNightsShapes : public ClusterShapes {
 protected:
  // `round`: pairs of a rank after which the memory is told; 0: none is.
  Outcome resolve(const MinHashSettings& settings, const SketchedDocuments& documents,
                  MemoryOfNights* memory) {
    return resolve(settings, documents, memory, GetParam(), 0);
  }
  static Outcome resolve(const MinHashSettings& settings, SketchedDocuments documents,
                         MemoryOfNights* memory, const Shape& shape, u64 round) {
    MinHashDedup maker(settings);
    add_sketches(maker, documents);
    PerRank<Verdict> drops(shape.ranks);
    PerRank<Edge> edges(shape.ranks);
    PerRank<u64> recalled(shape.ranks);
    PerRank<u64> compared(shape.ranks);
    PerRank<u64> passed_over(shape.ranks);
    run_shape(shape, [&](Cluster& cluster) {
      cluster.force_round_pairs = round;
      MinHashDedup step(settings);
      MemorySketches sketches(documents, cluster.rank(), cluster.size(), memory);
      Findings findings(cluster, "minhash");
      step.resolve(cluster, sketches, 4, findings);
      findings.drops.for_each([&](const Verdict& drop) { drops.of(cluster).push_back(drop); });
      findings.edges.for_each([&](const Edge& edge) { edges.of(cluster).push_back(edge); });
      recalled.of(cluster).push_back(findings.counts.at("pairs_recalled"));
      compared.of(cluster).push_back(findings.counts.at("pairs_compared"));
      passed_over.of(cluster).push_back(findings.counts.at("pairs_passed_over"));
    });
    Outcome out;
    for (const Verdict& drop : drops.all()) {
      EXPECT_EQ(drop.step, 4U);
      EXPECT_TRUE(out.drops.emplace(drop.key, drop.witness, drop.score_num, drop.score_den).second);
    }
    std::map<u64, u64> group;  // of few documents: by going through the edges until nothing changes
    for (const Edge& edge : edges.all()) group[edge.a] = edge.a, group[edge.b] = edge.b;
    for (bool changed = true; changed;) {
      changed = false;
      for (const Edge& edge : edges.all()) {
        const u64 least = std::min(group[edge.a], group[edge.b]);
        changed = changed || group[edge.a] != least || group[edge.b] != least;
        group[edge.a] = group[edge.b] = least;
      }
    }
    for (const auto& [key, least] : group) out.groups[least].insert(key);
    for (const u64 n : recalled.all()) out.recalled += n;
    for (const u64 n : compared.all()) out.compared += n;
    for (const u64 n : passed_over.all()) out.passed_over += n;
    return out;
  }
};
SHARDMILL_FEW_SHAPES(MinHashNightsShapes);

// A night with a memory decides as one without.
TEST_P(MinHashNightsShapes, DecideAsIfNothingWereRemembered) {
  const SketchedDocuments all = letter_documents(300, 7);
  struct Kind {
    std::vector<std::string> keep;
    bool components;
  };
  u64 stood = 0;  // nights on which what was decided did
  u64 passed_over = 0;
  u64 cheap = 0;  // nights that compared a quarter of what there is to compare
  for (const Kind& kind : {Kind{{}, false}, Kind{{"longest"}, false}, Kind{{}, true}}) {
    std::mt19937 random(5);
    MemoryOfNights memory(GetParam().ranks);
    SketchedDocuments now;
    for (u32 night = 0; night < 12; ++night) {
      // Those that are ours come one after the other; now and then one comes before the others.
      for (const auto& [key, document] : all) {
        const bool due =
            key.foreign() ? night != 3 || key.offset() % 2 == 0 : key.ordinal() < 10 + 2 * night;
        if (due && key.offset() % 17 != 0) now[key] = document;
        const bool early = key.offset() % 17 == 0 && key.ordinal() < 12;
        if (night == 4 && early) now[key] = document;
        if (night == 5 && draw(random, 40) == 0) now.erase(key);
      }
      if (night == 2) {  // a file is another, without one of its documents
        memory.changed = {4};
        now.erase(now.upper_bound(DocKey::of(4, 0)));
      }
      if (night == 6) memory.lost_decisions = GetParam().ranks - 1;
      if (night == 7) memory.lost_pairs = 0;
      const MinHashSettings settings =
          settings_of(night == 8 ? "0.6" : "0.5", kind.keep, kind.components);
      const Outcome expected = resolve(settings, now, nullptr);
      const Outcome found = resolve(settings, now, &memory);
      EXPECT_TRUE(found == expected) << "night " << night;
      EXPECT_GT(found.drops.size(), 20U);
      EXPECT_EQ(found.recalled + found.compared + found.passed_over, expected.compared)
          << "night " << night;
      passed_over += found.passed_over;
      stood += memory.rules.all().front().beside ? 1 : 0;
      cheap += found.compared < expected.compared / 4 ? 1 : 0;
      memory.lost_decisions = memory.lost_pairs = UINT32_MAX;
      memory.next_night();
      EXPECT_EQ(memory.pairs.size(), expected.compared) << "night " << night;
    }
  }
  EXPECT_GT(cheap, 10U);
  EXPECT_GT(passed_over, 100U);
  EXPECT_EQ(stood, 4U);  // the second, the eighth and the last two, by arrival
}

using Names = std::multiset<KeyPair>;

Names names(const std::vector<ComparedPair>& pairs) {
  Names found;
  for (const ComparedPair& pair : pairs) {
    EXPECT_EQ(pair.from, 0U);
    found.emplace(DocKey{pair.better_key}, DocKey{pair.worse_key});
  }
  return found;
}

SketchedDocuments up_to(u64 ordinals, const SketchedDocuments& all) {
  SketchedDocuments documents;
  for (const auto& [key, document] : all) {
    if (key.foreign() || key.ordinal() < ordinals) documents[key] = document;
  }
  return documents;
}

// A run that dies behind a commit goes on, on other ranks, without comparing again what was
// committed, and leaves the same memory. Of the first night, one that stands, and one that does
// not. The step is another when documents are gone that only the run which died has seen.
TEST_P(MinHashNightsShapes, RunsThatDieGoOn) {
  const SketchedDocuments all = letter_documents(150, 7);
  u64 stood = 0;
  for (const auto& keep : {std::vector<std::string>(), {"longest"}}) {
    const MinHashSettings settings = settings_of("0.5", keep, false);
    const auto dies = [&](const SketchedDocuments& now, MemoryOfNights& memory, u32 ranks, u64 at) {
      memory.dies_at = at;
      try {
        (void)resolve(settings, now, &memory, {ranks, false}, 50);
        return false;
      } catch (const Stopped&) {
        memory.die(true);
        memory.dies_at = 0;
        return true;
      }
    };
    MemoryOfNights memory(4);
    for (const u64 ordinals : {14, 16}) {
      const SketchedDocuments now = up_to(ordinals, all);
      const SketchedDocuments fewer = up_to(ordinals - 1, all);
      MemoryOfNights whole = memory;
      const Outcome once = resolve(settings, now, &whole);
      stood += whole.rules.all().front().beside ? 1 : 0;
      whole.next_night();
      const Names before = names(memory.pairs);
      u64 deaths = 0;
      for (u64 at = 1;; at *= 2) {
        MemoryOfNights here = memory;
        if (!dies(now, here, 4, at)) break;
        if (deaths++ % 2 == 1) {
          EXPECT_TRUE(dies(now, here, 2, 1));
        }
        const Names committed = names(here.begun);
        const auto fresh =
            std::count_if(committed.begin(), committed.end(),
                          [&](const KeyPair& pair) { return !before.contains(pair); });
        EXPECT_GT(fresh, 0);

        const Outcome found = resolve(settings, now, &here, GetParam(), 50);
        EXPECT_TRUE(found == once) << deaths;
        EXPECT_EQ(found.compared + narrow<u64>(fresh), once.compared) << deaths;
        EXPECT_EQ(found.passed_over, once.passed_over);
        here.next_night();
        EXPECT_TRUE(names(here.pairs) == names(whole.pairs)) << deaths;
      }
      EXPECT_GT(deaths, 1U);

      MemoryOfNights other = memory;
      EXPECT_TRUE(dies(now, other, 4, 1));
      other.same_step = false;
      const Outcome expected = resolve(settings, fewer, nullptr);
      const Outcome changed = resolve(settings, fewer, &other, GetParam(), 50);
      EXPECT_TRUE(changed == expected);
      EXPECT_EQ(changed.recalled + changed.compared + changed.passed_over, expected.compared);
      other.next_night();
      EXPECT_EQ(other.pairs.size(), expected.compared);
      memory = whole;
    }
  }
  EXPECT_EQ(stood, 1U);
}

// What was decided does not stand when documents are dropped by another rule.
TEST_P(MinHashNightsShapes, AnotherRuleDecidesEverythingAgain) {
  const SketchedDocuments all = letter_documents(300, 7);
  SketchedDocuments first;
  for (const auto& [key, document] : all) {
    if (key.foreign() || key.ordinal() < 20) first[key] = document;
  }
  SketchedDocuments second = first;
  for (const auto& [key, document] : all) {
    if (!key.foreign() && key.ordinal() < 22) second[key] = document;
  }
  for (const bool components : {false, true}) {
    MemoryOfNights memory(GetParam().ranks);
    (void)resolve(settings_of("0.5", {}, components), first, &memory);
    memory.next_night();
    const MinHashSettings other = settings_of("0.5", {}, !components);
    const Outcome expected = resolve(other, second, nullptr);
    EXPECT_FALSE(expected == resolve(settings_of("0.5", {}, components), second, nullptr));
    EXPECT_TRUE(resolve(other, second, &memory) == expected) << components;
  }
}

}  // namespace
}  // namespace shardmill

#include "jobs/run/remembered_pairs.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>

#include "engine/exchange/shuffle.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

class RememberedPairsShapes : public ClusterShapes {
 protected:
  RememberedPairsShapes()
      : folder_(fs::temp_directory_path() / ("remembered-" + std::to_string(getpid()))) {}
  ~RememberedPairsShapes() override { fs::remove_all(folder_); }

  // Fragments of ordinals 0 and 1, of 2, of 3, and of another dataset's shards.
  [[nodiscard]] Documents documents(const Cluster& cluster) const {
    std::vector<Fragment> fragments{{0, 1, {{0}, {1}}}, {0, 1, {{2}}}, {1, 1, {{3}}}};
    std::vector<fs::path> files{"a", names_, "c"};
    std::vector<std::vector<u32>> steps(3);
    for (const std::string& shard : foreign_) {
      fragments.push_back({0, 1, {{DocKey::kForeign + fragments.size() - 3}}});
      files.emplace_back(shard);
      steps.push_back({0});
    }
    return Documents(cluster, pipeline_, std::move(fragments), std::move(files), {},
                     std::move(steps));
  }
  [[nodiscard]] std::vector<ComparedPair> pairs() const {
    std::vector<ComparedPair> all;
    for (u32 i = 0; i < 3000; ++i) {
      const u64 better = i % 7 == 0 ? DocKey::kForeign : i % 4;
      all.push_back({DocKey::of(better, i).value, DocKey::of((i / 4) % 4, i + 1).value, i, i + 1,
                     i % 3 == 0 ? ComparedPair::kNotCounted : i, 0});
    }
    return all;
  }
  // `beside`: what is there already; then only pairs of these sizes come to it.
  void remember(const Shape& shape, bool beside = false, u32 from = 0, u32 to = UINT32_MAX) {
    run_shape(shape, [&](Cluster& cluster) {
      const Records<ComparedPair> mine = mine_of(cluster, from, to);
      const Documents here = documents(cluster);
      const Records<KnownDocument> seen = documents_seen(cluster);
      Records<Verdict> drops(cluster, "drops", cluster.budget.lease("drops", 0.05));
      Records<Edge> edges(cluster, "edges", cluster.budget.lease("edges", 0.05));
      drops.push({DocKey::of(1, cluster.rank().value), DocKey{7}, 0, 0, 3, 4});
      edges.push({cluster.rank().value, 100});
      RememberedPairs memory(folder_, here, "a step");
      (void)memory.goes_on(cluster, memory.recall_begun(cluster, [](const ComparedPair&) {}));
      memory.remember(cluster, {"a rule", "another", mine, beside, seen, drops, edges});
    });
  }
  // This rank's pairs of these sizes.
  [[nodiscard]] Records<ComparedPair> mine_of(Cluster& cluster, u32 from, u32 to) const {
    Records<ComparedPair> mine(cluster, "pairs", cluster.budget.lease("pairs", 0.05));
    for (const ComparedPair& pair : pairs()) {
      if (pair.better_size < from || pair.better_size >= to) continue;
      if (pair.better_size % cluster.size() == cluster.rank().value) mine.push(pair);
    }
    return mine;
  }
  // A run that commits pairs below each of these sizes, from the one before, and then dies.
  void begin(const Shape& shape, const std::string& step, std::vector<u32> sizes) const {
    u32 commits = 0;
    run_shape(shape, [&](Cluster& cluster) {
      const Documents here = documents(cluster);
      RememberedPairs memory(folder_, here, step, [&] { ++commits; });
      (void)memory.goes_on(cluster, memory.recall_begun(cluster, [](const ComparedPair&) {}));
      for (std::size_t i = 1; i < sizes.size(); ++i) {
        memory.commit(cluster, mine_of(cluster, sizes[i - 1], sizes[i]));
      }
    });
    EXPECT_EQ(commits, sizes.size() - 1);
  }
  struct Begun {
    std::vector<ComparedPair> pairs;
    bool goes_on = false;
  };
  [[nodiscard]] Begun begun(const std::string& step) const {
    PerRank<ComparedPair> pairs(GetParam().ranks);
    PerRank<u64> goes_on(GetParam().ranks);
    run_shape(GetParam(), [&](Cluster& cluster) {
      const Documents here = documents(cluster);
      Shuffle<ComparedPair> shuffle(cluster, "begun", cluster.budget.lease("begun", 0.05));
      RememberedPairs memory(folder_, here, step);
      const bool whole = memory.recall_begun(cluster, [&](const ComparedPair& pair) {
        shuffle.put(Rank{narrow<u32>(pair.better_size % cluster.size())}, pair);
      });
      shuffle.finish().for_each(
          [&](const ComparedPair& pair) { pairs.of(cluster).push_back(pair); });
      goes_on.of(cluster).push_back(memory.goes_on(cluster, whole));
    });
    Begun found{pairs.all(), goes_on.all().front() != 0};
    const std::vector<u64> all = goes_on.all();
    EXPECT_EQ(std::count(all.begin(), all.end(), all.front()), std::ssize(all));
    std::sort(found.pairs.begin(), found.pairs.end());
    return found;
  }
  // Of pairs(), sorted, those of smaller sizes without a document of these ordinals.
  [[nodiscard]] std::vector<ComparedPair> below(u32 size, std::vector<u64> ordinals = {}) const {
    std::vector<ComparedPair> left = without(std::move(ordinals));
    std::erase_if(left, [&](const ComparedPair& pair) { return pair.better_size >= size; });
    return left;
  }
  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }
  // Of each ordinal one; those of odd ones matter.
  static Records<KnownDocument> documents_seen(Cluster& cluster) {
    Records<KnownDocument> seen(cluster, "seen", cluster.budget.lease("seen", 0.05));
    for (u64 ordinal = cluster.rank().value; ordinal < 4; ordinal += cluster.size()) {
      seen.push({DocKey::of(ordinal, 5).value, ordinal % 2});
    }
    return seen;
  }
  // As a step does it: into an exchange.
  // Nothing: some of it is lost.
  using Seen = std::optional<std::set<std::pair<u64, bool>>>;
  [[nodiscard]] std::vector<ComparedPair> recalled(Seen* seen = nullptr) const {
    PerRank<ComparedPair> out(GetParam().ranks);
    PerRank<std::pair<u64, bool>> seen_documents(GetParam().ranks);
    PerRank<int> lost(GetParam().ranks);
    PerRank<u64> decided(GetParam().ranks);
    const bool there = fs::exists(folder_);
    run_shape(GetParam(), [&](Cluster& cluster) {
      const Documents here = documents(cluster);
      Shuffle<ComparedPair> shuffle(cluster, "recalled", cluster.budget.lease("recalled", 0.05));
      RememberedPairs memory(folder_, here, "a step");
      const Recalled recalled =
          memory.recall(cluster, [&](const KnownDocument& document, bool still) {
            EXPECT_EQ(document.facts, DocKey{document.key}.ordinal() % 2);
            seen_documents.of(cluster).emplace_back(DocKey{document.key}.ordinal(), still);
          });
      const bool whole = memory.recall_pairs(cluster, [&](const ComparedPair& pair) {
        shuffle.put(Rank{narrow<u32>(pair.better_size % cluster.size())}, pair);
      });
      if (recalled.whole) {
        EXPECT_EQ(recalled.by, "a rule");
        EXPECT_EQ(recalled.decided_by, "another");
        EXPECT_EQ(recalled.pairs, pairs().size());
      }
      if (!recalled.whole || !whole) lost.of(cluster).push_back(0);
      shuffle.finish().for_each([&](const ComparedPair& pair) { out.of(cluster).push_back(pair); });
      const bool whole_decisions = memory.recall_decisions(
          cluster,
          [&](const Verdict& drop) {
            EXPECT_EQ(drop.score_num, 3U);
            decided.of(cluster).push_back(drop.key.offset());
          },
          [&](const Edge& edge) { decided.of(cluster).push_back(100 + edge.a); });
      EXPECT_TRUE(whole_decisions || !recalled.whole);
    });
    if (seen != nullptr) {
      const auto found = seen_documents.all();
      const auto known = decided.all();
      const std::set<u64> once(known.begin(), known.end());
      EXPECT_EQ(once.size(), known.size());
      EXPECT_EQ(once.contains(0), once.contains(100));
      EXPECT_EQ(once.contains(0), there);
      *seen = lost.all().empty() ? Seen({found.begin(), found.end()}) : std::nullopt;
    }
    std::vector<ComparedPair> all = out.all();
    std::sort(all.begin(), all.end());
    return all;
  }
  // Of pairs(), sorted, those without a document of these ordinals.
  [[nodiscard]] std::vector<ComparedPair> without(std::vector<u64> ordinals) const {
    std::vector<ComparedPair> left = pairs();
    std::erase_if(left, [&](const ComparedPair& pair) {
      return std::any_of(ordinals.begin(), ordinals.end(), [&](u64 gone) {
        return DocKey{pair.better_key}.ordinal() == gone ||
               DocKey{pair.worse_key}.ordinal() == gone;
      });
    });
    std::sort(left.begin(), left.end());
    return left;
  }

  Pipeline pipeline_;
  fs::path folder_;
  std::string names_ = "b";  // of the fragment of ordinal 2
  std::vector<std::string> foreign_{"f"};
};
SHARDMILL_EVERY_SHAPE(RememberedPairsShapes);

TEST_P(RememberedPairsShapes, PairsOfDocumentsThatAreStillThereComeBack) {
  Seen seen;
  EXPECT_TRUE(recalled(&seen).empty());
  EXPECT_FALSE(seen.has_value());
  for (const u32 ranks : {2U, GetParam().ranks}) {
    remember({ranks, false});
    EXPECT_TRUE(recalled(&seen) == without({}));
    EXPECT_TRUE(seen == Seen({{0, true}, {1, true}, {2, true}, {3, true}}));
  }
  names_ = "another";
  EXPECT_TRUE(recalled(&seen) == without({2}));
  EXPECT_TRUE(seen == Seen({{0, true}, {1, true}, {2, false}, {3, true}}));
  names_ = "b";
  foreign_ = {"e", "f"};  // the same shard, which is now the second
  EXPECT_TRUE(recalled() == without({DocKey::kForeign}));
}

// Runs that add pairs add files, up to a number of them.
TEST_P(RememberedPairsShapes, LayersAreAllOfThem) {
  constexpr u32 kRuns = 2 * RememberedPairs::kMostLayers + 3;
  for (u32 run = 0; run < kRuns; ++run) {
    const bool last = run == kRuns - 1;
    remember({1 + run % 3, false}, run > 0, run * 50, last ? UINT32_MAX : run * 50 + 50);
    const auto files = std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
    EXPECT_LE(files, 1 + 3 * (1 + static_cast<i64>(RememberedPairs::kMostLayers)));
    EXPECT_TRUE(run > 0 || files == 3) << files;
  }
  Seen seen;
  EXPECT_TRUE(recalled(&seen) == without({}));
  EXPECT_TRUE(seen.has_value());
}

// What is lost while layers become one is not taken for nothing.
TEST_P(RememberedPairsShapes, ALayerThatIsLostIsNotForgottenWithTheOthers) {
  for (u32 run = 0; run <= RememberedPairs::kMostLayers; ++run) {
    if (run == RememberedPairs::kMostLayers) std::ofstream(folder_ / "pairs-3-0") << "no segment";
    remember({1, false}, run > 0, run * 50, run * 50 + 50);
  }
  run_shape(GetParam(), [&](Cluster& cluster) {
    const Documents here = documents(cluster);
    const Recalled recalled =
        RememberedPairs(folder_, here, "a step").recall(cluster, [](const KnownDocument&, bool) {});
    EXPECT_TRUE(recalled.whole);
    EXPECT_EQ(recalled.by, "");
  });
}

// What a run has committed before it died is there for the same step, and for others as far as
// documents are what they were; it never counts for what a run has decided.
TEST_P(RememberedPairsShapes, BegunPairsComeBack) {
  EXPECT_TRUE(begun("a step").pairs.empty());
  begin({2, false}, "a step", {0, 500, 900});
  EXPECT_TRUE(begun("a step").pairs == below(900));
  EXPECT_TRUE(begun("a step").goes_on);
  EXPECT_TRUE(begun("another").pairs == below(900));
  EXPECT_FALSE(begun("another").goes_on);
  Seen seen;
  run_shape(GetParam(), [&](Cluster& cluster) {
    const Documents here = documents(cluster);
    RememberedPairs memory(folder_, here, "a step");
    EXPECT_FALSE(memory.recall(cluster, [](const KnownDocument&, bool) {}).whole);
    EXPECT_TRUE(memory.recall_pairs(cluster, [](const ComparedPair&) { ADD_FAILURE(); }));
  });
  names_ = "b again";
  EXPECT_TRUE(begun("a step").pairs == below(900, {2}));
  names_ = "b";

  // Parts of a layer that is not named, of more ranks than the next one.
  for (const char* part : {"pairs-3-0", "pairs-3-1", "pairs-3-2"}) std::ofstream(folder_ / part);
  EXPECT_TRUE(begun("a step").pairs == below(900));
  EXPECT_TRUE(begun("a step").goes_on);
  begin({1, false}, "a step", {900, 1500});
  EXPECT_TRUE(begun("a step").pairs == below(1500));

  fs::copy(folder_ / "begun", folder_.string() + ".begun");
  remember({1, false}, false, 1500);
  EXPECT_TRUE(recalled(&seen) == without({}));
  EXPECT_TRUE(seen.has_value());
  EXPECT_EQ(files(), (std::set<std::string>{"done", "pairs-1-0", "pairs-1-1", "pairs-2-0",
                                            "pairs-2-1", "pairs-3-0", "pairs-4-0", "state-4-0"}));
  fs::rename(folder_.string() + ".begun", folder_ / "begun");  // a kill behind `done`
  EXPECT_TRUE(begun("a step").pairs.empty());
  EXPECT_FALSE(begun("a step").goes_on);
}

// A run of another step, and one that has lost some, begins with nothing: what it gives to
// remember() is all there is.
TEST_P(RememberedPairsShapes, PairsOfAnotherStepAreGivenAgain) {
  for (const bool lost : {false, true}) {
    fs::remove_all(folder_);
    begin({1, false}, lost ? "a step" : "another", {0, 500, 900});
    if (lost) std::ofstream(folder_ / "pairs-1-0") << "no segment";
    std::vector<ComparedPair> left = below(900);
    if (lost) std::erase_if(left, [](const ComparedPair& pair) { return pair.better_size < 500; });
    EXPECT_TRUE(begun("a step").pairs == left);
    EXPECT_FALSE(begun("a step").goes_on);
    begin({2, false}, "a step", {0, 700});
    EXPECT_TRUE(begun("a step").pairs == below(700));
    EXPECT_TRUE(begun("a step").goes_on);
    remember({2, false}, false, 700);
    Seen seen;
    EXPECT_TRUE(recalled(&seen) == without({}));
    EXPECT_TRUE(seen.has_value());
  }
}

TEST_P(RememberedPairsShapes, WhatIsDamagedIsForgotten) {
  remember({2, false});
  remember({2, false});
  u64 parts = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    parts += entry.path().filename().string().starts_with("pairs-2-") ? 1 : 0;
  }
  EXPECT_EQ(parts, 2U);
  std::vector<ComparedPair> half = without({});
  std::erase_if(half, [](const ComparedPair& pair) { return pair.better_size % 2 == 0; });
  for (const char* content : {"", "no segment"}) {
    std::ofstream(folder_ / "pairs-2-0") << content;
    Seen seen;
    EXPECT_TRUE(recalled(&seen) == half);
    EXPECT_FALSE(seen.has_value()) << "what is lost is not known to be all";
  }
  remember({2, false});
  Seen seen;
  EXPECT_TRUE(recalled(&seen) == without({}));
  EXPECT_TRUE(seen.has_value());
  std::ofstream(folder_ / "state-3-1") << "no segment";
  EXPECT_TRUE(recalled(&seen) == without({}));
  EXPECT_FALSE(seen.has_value());
  fs::resize_file(folder_ / "done", fs::file_size(folder_ / "done") - 1);
  EXPECT_TRUE(recalled().empty());
}

}  // namespace
}  // namespace shardmill

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
    return Documents(cluster, std::move(fragments), std::move(files), {}, std::move(steps));
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
  void remember(const Shape& shape) {
    run_shape(shape, [&](Cluster& cluster) {
      Records<ComparedPair> mine(cluster, "pairs", cluster.budget.lease("pairs", 0.05));
      for (const ComparedPair& pair : pairs()) {
        if (pair.better_size % cluster.size() == cluster.rank().value) mine.push(pair);
      }
      const Documents here = documents(cluster);
      RememberedPairs(folder_, here).remember(cluster, "a rule", mine, documents_seen(cluster));
    });
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
    run_shape(GetParam(), [&](Cluster& cluster) {
      const Documents here = documents(cluster);
      Shuffle<ComparedPair> shuffle(cluster, "recalled", cluster.budget.lease("recalled", 0.05));
      const Recalled recalled = RememberedPairs(folder_, here).recall(
          cluster,
          [&](const ComparedPair& pair) {
            shuffle.put(Rank{narrow<u32>(pair.better_size % cluster.size())}, pair);
          },
          [&](const KnownDocument& document, bool still) {
            EXPECT_EQ(document.decisive, DocKey{document.key}.ordinal() % 2);
            seen_documents.of(cluster).emplace_back(DocKey{document.key}.ordinal(), still);
          });
      if (recalled.whole) {
        EXPECT_EQ(recalled.by, "a rule");
      } else {
        lost.of(cluster).push_back(0);
      }
      shuffle.finish().for_each([&](const ComparedPair& pair) { out.of(cluster).push_back(pair); });
    });
    if (seen != nullptr) {
      const auto found = seen_documents.all();
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

TEST_P(RememberedPairsShapes, WhatIsDamagedIsForgotten) {
  remember({2, false});
  remember({2, false});
  u64 parts = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    parts += entry.path().filename().string().starts_with("part-2-") ? 1 : 0;
  }
  EXPECT_EQ(parts, 2U);
  std::vector<ComparedPair> half = without({});
  std::erase_if(half, [](const ComparedPair& pair) { return pair.better_size % 2 == 0; });
  for (const char* content : {"", "no segment"}) {
    std::ofstream(folder_ / "part-2-0") << content;
    Seen seen;
    EXPECT_TRUE(recalled(&seen) == half);
    EXPECT_FALSE(seen.has_value()) << "what is lost is not known to be all";
  }
  fs::resize_file(folder_ / "done", fs::file_size(folder_ / "done") - 1);
  EXPECT_TRUE(recalled().empty());
}

}  // namespace
}  // namespace shardmill

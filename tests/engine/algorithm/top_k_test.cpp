#include "engine/algorithm/top_k.hpp"

#include <random>

#include "engine/hash/hash.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

struct Scored {
  u64 score, id;
  auto operator<=>(const Scored&) const = default;
};
// Another order than that of the type: best score first.
bool is_better(const Scored& a, const Scored& b) {
  return a.score != b.score ? a.score > b.score : a.id < b.id;
}

class TopKShapes : public ClusterShapes {};
SHARDMILL_EVERY_SHAPE(TopKShapes);

TEST_P(TopKShapes, IsTheBeginningOfASortedVectorOnEveryRank) {
  run([&](Cluster& cluster) {
    for (u64 seed = 0; seed < 60; ++seed) {
      std::mt19937_64 random(seed);
      std::vector<Scored> all(seed % 9 == 0 ? seed / 9 : seed * 7);
      for (Scored& one : all) one = {random() % 20, random() % 3};
      Records<Scored> mine(cluster, "in", cluster.budget.lease("in", 0.1, 1_MiB));
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (mix64(i) % cluster.size() == cluster.rank().value) mine.push(all[i]);
      }
      std::sort(all.begin(), all.end(), is_better);
      const u64 k = seed % 5 == 0 ? seed / 5 : random() % 500;
      const auto first = top_k(cluster, "top", std::move(mine), k, is_better);
      all.resize(std::min<std::size_t>(k, all.size()));
      EXPECT_TRUE(first == all) << seed;
    }
  });
}

TEST(TopK, TooManyForTheMemoryIsAnErrorOnEveryRank) {
  u32 errors = 0;
  std::mutex mutex;
  run_on_threads(2, {}, [&](Cluster& cluster) {
    cluster.force_spill_rows = 100'000;
    Records<Scored> mine(cluster, "in", cluster.budget.lease("in", 0, 1_MiB));
    if (cluster.control.is_root()) {
      for (u64 i = 0; i < 500'000; ++i) mine.push({i, i});
    }
    try {
      static_cast<void>(top_k(cluster, "top", std::move(mine), ~u64{0}, is_better));
    } catch (const ResourceError& error) {
      EXPECT_NE(std::string(error.what()).find("--memory"), std::string::npos) << error.what();
      const std::scoped_lock lock(mutex);
      ++errors;
    }
  });
  EXPECT_EQ(errors, 2U);
}

}  // namespace
}  // namespace shardmill

#include "operators/write/shard_plan.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "engine/hash/hash.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

class ShardPlanShapes : public ClusterShapes {};
SHARDMILL_EVERY_SHAPE(ShardPlanShapes);

const std::vector<TableSpec>& tables() {
  static const std::vector<TableSpec> specs = {
      {"text/train/", 1, "train", "f", {{"id", Type::utf8}}},
      {"text/test/", 2, "test", "f", {}},
      {"ledger/", 123, "", "g", {}},
      {"empty/", 1, "", "g", {}}};
  return specs;
}

// (table, prefix as bits) -> rows, bytes.
using Leaves = std::map<std::pair<u32, std::string>, std::pair<u64, u64>>;

// DESIGN 5.5, word for word.
void split(u32 table, const std::string& bits, const std::vector<RowHead>& heads, u64 shard_size,
           Leaves& leaves) {
  if (heads.empty()) return;
  std::set<u64> places;
  u64 bytes = 0;
  for (const RowHead& head : heads) {
    places.insert(head.place);
    bytes += head.bytes;
  }
  if (bytes <= shard_size || places.size() == 1) {
    leaves[{table, bits}] = {heads.size(), bytes};
    return;
  }
  std::vector<RowHead> halves[2];
  for (const RowHead& head : heads) halves[head.place >> (63 - bits.size()) & 1].push_back(head);
  split(table, bits + "0", halves[0], shard_size, leaves);
  split(table, bits + "1", halves[1], shard_size, leaves);
}

enum class Places { spread, crowded, few };

std::vector<RowHead> random_heads(Places places, u64 seed) {
  std::mt19937_64 random(seed);
  std::vector<RowHead> heads;
  for (u32 i = 0; i < 700; ++i) {
    RowHead head{.table = static_cast<u32>(random() % 3), .place = random()};
    if (places == Places::crowded) head.place = 0x8000'0000'0000'0000 | random() % 64;  // deep
    if (places == Places::few) head.place = ~u64{0} << (8 * (random() % 8));
    head.bytes = random() % 3 == 0 ? 0 : random() % 100;
    head.content = random() % 5;  // equal rows too
    heads.push_back(head);
  }
  heads.push_back({.table = 2, .place = 0, .bytes = 1});
  heads.push_back({.table = 2, .place = UINT64_MAX, .bytes = 1});
  return heads;
}

std::vector<Shard> planned(const Shape& shape, const std::vector<RowHead>& heads, u64 shard_size) {
  PerRank<Shard> out(shape.ranks);
  run_shape(shape, [&](Cluster& cluster) {
    Records<RowHead> mine(cluster, "heads", cluster.budget.lease("heads", 0.1, 1_MiB));
    for (std::size_t i = 0; i < heads.size(); ++i) {
      if (mix64(i) % cluster.size() == cluster.rank().value) mine.push(heads[i]);
    }
    const ShardPlan plan(cluster, tables(), mine, shard_size);
    out.of(cluster) = plan.shards();
    for (const RowHead& head : heads) {
      const Shard& shard = plan.shards()[plan.find(head.table, head.place)];
      EXPECT_EQ(shard.table, head.table);
      EXPECT_TRUE(shard.depth == 0 || (shard.prefix ^ head.place) >> (64 - shard.depth) == 0);
    }
    EXPECT_THROW((void)plan.find(3, 5), InternalError);
  });
  for (const auto& part : out.parts()) {
    EXPECT_TRUE(std::equal(
        part.begin(), part.end(), out.parts()[0].begin(), out.parts()[0].end(),
        [](const Shard& a, const Shard& b) { return a.path == b.path && a.content == b.content; }))
        << "every rank has the same plan";
  }
  return out.parts()[0];
}

TEST_P(ShardPlanShapes, ShardsAreTheLeavesOfTheTrie) {
  for (const Places places : {Places::spread, Places::crowded, Places::few}) {
    for (const u64 shard_size : {u64{0}, u64{60}, u64{900}, u64{1} << 40}) {
      const std::vector<RowHead> heads = random_heads(places, shard_size + 1);
      Leaves expected;
      for (u32 table = 0; table < tables().size(); ++table) {
        std::vector<RowHead> own;
        for (const RowHead& head : heads) {
          if (head.table == table) own.push_back(head);
        }
        split(table, "", own, shard_size, expected);
      }
      Leaves found;
      std::vector<std::pair<u32, u64>> order;
      for (const Shard& shard : planned(GetParam(), heads, shard_size)) {
        const std::size_t dash = shard.path.rfind('-');
        std::string bits = shard.path.substr(dash + 1, shard.path.size() - dash - 4);
        if (bits == "r") bits.clear();
        EXPECT_EQ(bits.size(), shard.depth);
        EXPECT_TRUE(
            found.emplace(std::pair(shard.table, bits), std::pair(shard.rows, shard.bytes)).second);
        order.emplace_back(shard.table, shard.prefix);
      }
      EXPECT_TRUE(found == expected)
          << shard_size << ": " << found.size() << " shards, expected " << expected.size();
      EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
    }
  }
}

TEST_P(ShardPlanShapes, PathsAreTheEpochAndTheBits) {
  const u64 top = u64{1} << 63;
  std::set<std::string> paths;
  for (const Shard& shard : planned(GetParam(),
                                    {{0, 0, 0, 5, 0},
                                     {0, 0, top, 5, 0},
                                     {0, 0, top | top >> 1, 5, 0},
                                     {2, 0, 3, 5, 0},
                                     {1, 0, 9, 100, 0},
                                     {1, 0, 9, 100, 0}},
                                    9)) {
    paths.insert(shard.path);
  }
  EXPECT_EQ(paths, (std::set<std::string>{"text/train/0001-0.h5", "text/train/0001-10.h5",
                                          "text/train/0001-11.h5", "text/test/0002-r.h5",
                                          "ledger/0123-r.h5"}));
}

TEST_P(ShardPlanShapes, ContentChangesExactlyWithWhatTheRowsSay) {
  const std::vector<RowHead> heads = random_heads(Places::spread, 4);
  const auto contents = [&](const std::vector<RowHead>& rows) {
    std::map<std::string, u64> found;
    for (const Shard& shard : planned(GetParam(), rows, 900)) found[shard.path] = shard.content;
    return found;
  };
  const auto before = contents(heads);
  std::vector<RowHead> changed = heads;
  std::reverse(changed.begin(), changed.end());
  EXPECT_EQ(contents(changed), before) << "the order of rows says nothing";
  changed[100].content += 1000;
  const auto after = contents(changed);
  ASSERT_EQ(after.size(), before.size());
  u64 differing = 0;
  for (const auto& [path, content] : after) differing += content != before.at(path) ? 1 : 0;
  EXPECT_EQ(differing, 1U);
}

}  // namespace
}  // namespace shardmill

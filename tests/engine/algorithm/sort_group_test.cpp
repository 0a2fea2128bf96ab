#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "engine/algorithm/group_by.hpp"
#include "engine/algorithm/sort.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

struct Item {
  u64 value, key;  // the order does not begin with the key
  auto operator<=>(const Item&) const = default;
};

// The same items whatever the ranks: item i is on rank i mod size.
std::vector<Item> items(std::size_t n, u64 distinct) {
  std::mt19937_64 random(n);
  std::vector<Item> all(n);
  for (Item& item : all) item = {random() % 700, random() % distinct};
  return all;
}

Records<Item> share(Cluster& cluster, const std::vector<Item>& all) {
  Records<Item> mine(cluster, "in", cluster.budget.lease("in", 0.1, 1_MiB));
  for (std::size_t i = cluster.rank().value; i < all.size(); i += cluster.size()) {
    mine.push(all[i]);
  }
  return mine;
}

class AlgorithmShapes : public ClusterShapes {};
SHARDMILL_EVERY_SHAPE(AlgorithmShapes);

TEST_P(AlgorithmShapes, SortOverRanksIsStdSort) {
  for (const std::size_t n : {0, 1, 4, 5000}) {
    auto expected = items(n, 100);
    PerRank<Item> out(GetParam().ranks);
    run([&](Cluster& cluster) {
      const Records<Item> sorted = sort(cluster, "sort", share(cluster, expected));
      sorted.for_each([&](const Item& item) { out.of(cluster).push_back(item); });
    });
    std::sort(expected.begin(), expected.end());
    EXPECT_TRUE(out.all() == expected);
    if (n == 5000) {
      for (const auto& part : out.parts()) EXPECT_LT(part.size(), 2 * n / GetParam().ranks + 1);
    }
  }
}

TEST_P(AlgorithmShapes, SmallInputsAreSortedAndGrouped) {
  std::vector<std::vector<Item>> cases;
  for (u64 c = 0; c < small_cases(); ++c) {
    cases.push_back(items(c % 3 == 0 ? c % 7 : 2 * c, 1 + c % 40));
  }
  std::vector<PerRank<Item>> sorted(cases.size(), PerRank<Item>(GetParam().ranks));
  std::vector<PerRank<Item>> grouped = sorted;
  const auto key_of = [](const Item& item) { return item.key; };
  run([&](Cluster& cluster) {
    for (std::size_t c = 0; c < cases.size(); ++c) {
      sort(cluster, "sort", share(cluster, cases[c])).for_each([&](const Item& item) {
        sorted[c].of(cluster).push_back(item);
      });
      group_by(cluster, "group", share(cluster, cases[c]), key_of, [&](auto& group) {
        group.for_each([&](const Item& item) { grouped[c].of(cluster).push_back(item); });
      });
    }
  });
  for (std::size_t c = 0; c < cases.size(); ++c) {
    std::sort(cases[c].begin(), cases[c].end());
    EXPECT_TRUE(sorted[c].all() == cases[c]) << c;
    std::vector<Item> members = grouped[c].all();
    std::sort(members.begin(), members.end());
    EXPECT_TRUE(members == cases[c]) << c;
    for (u32 rank = 0; rank < GetParam().ranks; ++rank) {
      const std::vector<Item>& part = grouped[c].parts()[rank];
      EXPECT_TRUE(std::is_sorted(part.begin(), part.end(), [](const Item& a, const Item& b) {
        return std::pair(a.key, a.value) < std::pair(b.key, b.value);
      })) << c;
      for (const Item& item : part) {
        EXPECT_EQ(owner_of(mix64(item.key), GetParam().ranks).value, rank) << c;
      }
    }
  }
}

// The sample is taken by a hash of positions: their lowest bits are those that must be 0.
TEST_P(AlgorithmShapes, HashesOfPositionsAreSharedOutToo) {
  const u64 each = 20'000 / GetParam().ranks;
  PerRank<Item> out(GetParam().ranks);
  run([&](Cluster& cluster) {
    Records<Item> mine(cluster, "in", cluster.budget.lease("in", 0.1, 1_MiB));
    const u64 first = u64{cluster.rank().value} << 40;
    for (u64 i = 0; i < each; ++i) mine.push({mix64(first + i) << 59, i});
    sort(cluster, "sort", std::move(mine)).for_each([&](const Item& item) {
      out.of(cluster).push_back(item);
    });
  });
  EXPECT_EQ(out.all().size(), each * GetParam().ranks);
  for (const auto& part : out.parts()) EXPECT_LT(part.size(), 3 * each / 2);
}

TEST_P(AlgorithmShapes, IdenticalItemsAreSharedOutToo) {
  std::vector<Item> equal(4000, Item{3, 4});
  for (std::size_t i = 0; i < equal.size(); i += 4) equal[i] = {2 * (i % 8 / 4), i};
  PerRank<Item> out(GetParam().ranks);
  run([&](Cluster& cluster) {
    sort(cluster, "sort", share(cluster, equal)).for_each([&](const Item& item) {
      out.of(cluster).push_back(item);
    });
  });
  std::sort(equal.begin(), equal.end());
  EXPECT_TRUE(out.all() == equal);
  for (const auto& part : out.parts())
    EXPECT_LT(part.size(), 3 * equal.size() / 2 / out.parts().size() + 1);
}

TEST_P(AlgorithmShapes, GroupsAreThoseOfAMap) {
  const auto all = items(4000, 90);
  std::map<u64, std::vector<Item>> groups;
  for (const Item& item : all) groups[item.key].push_back(item);
  std::vector<std::vector<Item>> expected(GetParam().ranks);
  for (auto& [key, members] : groups) {
    std::sort(members.begin(), members.end());
    auto& there = expected[owner_of(mix64(key), GetParam().ranks).value];
    there.insert(there.end(), members.begin(), members.end());
  }

  PerRank<Item> out(GetParam().ranks);
  run([&](Cluster& cluster) {
    std::set<u64> keys;
    group_by(
        cluster, "group", share(cluster, all), [](const Item& item) { return item.key; },
        [&](Group<Item>& group) {
          EXPECT_TRUE(keys.insert(group.key()).second) << "a key twice";
          group.for_each([&](const Item& item) {
            EXPECT_EQ(item.key, group.key());
            out.of(cluster).push_back(item);
          });
          EXPECT_EQ(group.next(), nullptr);
        });
  });
  EXPECT_TRUE(out.parts() == expected);
}

TEST_P(AlgorithmShapes, GroupsMayBeReadInPart) {
  const auto all = items(4000, 90);
  std::set<u64> keys;
  for (const Item& item : all) keys.insert(item.key);
  PerRank<u64> seen(GetParam().ranks);
  run([&](Cluster& cluster) {
    group_by(
        cluster, "group", share(cluster, all), [](const Item& item) { return item.key; },
        [&](auto& group) {
          for (u64 i = 0; i < group.key() % 3; ++i) static_cast<void>(group.next());
          seen.of(cluster).push_back(group.key());
        });
  });
  const auto found = seen.all();
  EXPECT_EQ(found.size(), keys.size());
  EXPECT_EQ(std::set<u64>(found.begin(), found.end()), keys);
}

TEST_P(AlgorithmShapes, PartitionByConservesAndPlaces) {
  const auto all = items(3000, 500);
  PerRank<Item> out(GetParam().ranks);
  run([&](Cluster& cluster) {
    const auto key = [](const Item& item) { return item.key; };
    const Records<Item> here = partition_by(cluster, "place", share(cluster, all), key);
    here.for_each([&](const Item& item) {
      EXPECT_EQ(owner_of(mix64(item.key), cluster.size()), cluster.rank());
      out.of(cluster).push_back(item);
    });
  });
  auto expected = all;
  auto placed = out.all();
  std::sort(expected.begin(), expected.end());
  std::sort(placed.begin(), placed.end());
  EXPECT_TRUE(placed == expected);
}

}  // namespace
}  // namespace shardmill

#include "engine/algorithm/co_locate.hpp"

#include <set>

#include "engine/hash/hash.hpp"
#include "tests/engine/algorithm/join_cases.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

// The keys of the right rows are eight bytes, their payloads so many letters as the row's value.
std::string text_of(u64 key) { return {reinterpret_cast<const char*>(&key), sizeof key}; }
u64 number_in(std::string_view key) {
  u64 number = 0;
  std::memcpy(&number, key.data(), sizeof number);
  return number;
}

class CoLocateShapes : public ClusterShapes {};
SHARDMILL_EVERY_SHAPE(CoLocateShapes);

// Records on one side, rows on the other. Left rows come out once, and every right row of their key
// is there.
TEST_P(CoLocateShapes, EveryLeftRowHasTheRightRowsOfItsKeyBesideIt) {
  std::vector<JoinCase> cases;
  for (const JoinKind kind : {JoinKind::left, JoinKind::semi}) {
    cases.push_back(join_case(kind, 1, 3000, 2000, 900));
    cases.push_back(join_case(kind, 2, 4000, 2500, 700, 50));  // a hot key
    cases.push_back(join_case(kind, 3, 3000, 5, 40));          // a small right side
    cases.push_back(join_case(kind, 4, 5, 3000, 40));
    cases.push_back(join_case(kind, 5, 0, 300, 40));
    cases.push_back(join_case(kind, 6, 300, 0, 40));
  }
  if (processes != nullptr) cases.resize(cases.size() / 2);  // more of them than cores
  for (const JoinCase& one : cases) {
    PerRank<Left> lefts(GetParam().ranks);
    PerRank<Right> rights(GetParam().ranks);
    run([&](Cluster& cluster) {
      Records<Left> records(cluster, "left", cluster.budget.lease("left", 0.05, 256_KiB));
      Rows rows(cluster, "right", cluster.budget.lease("right", 0.05, 256_KiB));
      for (std::size_t i = cluster.rank().value; i < one.left.size(); i += cluster.size()) {
        records.push(one.left[i]);
      }
      for (std::size_t i = cluster.rank().value; i < one.right.size(); i += cluster.size()) {
        rows.push(text_of(one.right[i].key), std::string(one.right[i].value, 'v'));
      }
      RecordSide left(std::move(records), std::less<Left>{},
                      [](const Left& row) { return mix64(row.key); });
      RowSide right(std::move(rows), [](const Row& row) { return mix64(number_in(row.key)); });
      const auto [left_here, right_here] = co_locate(cluster, "meet", left, right, one.kind);
      left_here.for_each([&](const Left& row) { lefts.of(cluster).push_back(row); });
      right_here.for_each([&](std::string_view key, std::string_view payload) {
        rights.of(cluster).push_back({number_in(key), payload.size(), 0});
      });
    });

    std::vector<Left> all = lefts.all();
    std::vector<Left> expected = one.left;
    std::sort(all.begin(), all.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_TRUE(all == expected);
    for (std::size_t r = 0; r < lefts.parts().size(); ++r) {
      const std::vector<Left>& here = lefts.parts()[r];
      EXPECT_TRUE(std::is_sorted(here.begin(), here.end()));
      std::set<u64> keys;
      for (const Left& row : here) keys.insert(row.key);
      std::vector<Right> beside = rights.parts()[r];
      std::erase_if(beside, [&](const Right& row) { return !keys.contains(row.key); });
      std::vector<Right> due = one.right;
      std::erase_if(due, [&](const Right& row) { return !keys.contains(row.key); });
      std::sort(beside.begin(), beside.end());
      std::sort(due.begin(), due.end());
      EXPECT_TRUE(beside == due) << "rank " << r;
    }
  }
}

}  // namespace
}  // namespace shardmill

#include "engine/algorithm/join.hpp"

#include "tests/engine/algorithm/join_cases.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

template <class T>
Records<T> share(Cluster& cluster, const char* name, const std::vector<T>& all) {
  Records<T> mine(cluster, name, cluster.budget.lease(name, 0.05, 256_KiB));
  for (std::size_t i = cluster.rank().value; i < all.size(); i += cluster.size()) mine.push(all[i]);
  return mine;
}

// The first key is empty, so the beginning of all.
std::string row_key(u64 key) { return key == 0 ? "" : std::to_string(key); }
std::string row_value(u64 value) { return std::string(value, 'v'); }

// Calls f(const JoinedPair&) for what this rank is given.
template <class F>
void join_records(Cluster& cluster, const JoinCase& one, F&& f) {
  join(
      cluster, "join", share(cluster, "left", one.left), share(cluster, "right", one.right),
      [](const Left& l) { return l.key; }, [](const Right& r) { return r.key; }, one.kind,
      [&](const Left& l, const Right* r) {
        f(JoinedPair{l.key, l.value, r != nullptr ? r->value : JoinedPair::kNone});
      });
}

// The same rows as bytes, with their key in the payload too.
template <class F>
void join_as_rows(Cluster& cluster, const JoinCase& one, F&& f) {
  Rows left(cluster, "left", cluster.budget.lease("left", 0.05, 256_KiB));
  Rows right(cluster, "right", cluster.budget.lease("right", 0.05, 256_KiB));
  const auto payload = [](u64 key, u64 value) {
    return std::string(reinterpret_cast<const char*>(&key), sizeof key) + row_value(value);
  };
  for (std::size_t i = cluster.rank().value; i < one.left.size(); i += cluster.size()) {
    left.push(row_key(one.left[i].key), payload(one.left[i].key, one.left[i].value));
  }
  for (std::size_t i = cluster.rank().value; i < one.right.size(); i += cluster.size()) {
    right.push(row_key(one.right[i].key), payload(one.right[i].key, one.right[i].value));
  }
  join_rows(cluster, "join", std::move(left), std::move(right), one.kind,
            [&](const Row& l, const Row* r) {
              u64 key = 0;
              std::memcpy(&key, l.payload.data(), sizeof key);
              EXPECT_EQ(l.key, row_key(key));
              EXPECT_TRUE(r == nullptr || l.key == r->key);
              f(JoinedPair{key, l.payload.size() - sizeof key,
                           r != nullptr ? r->payload.size() - sizeof key : JoinedPair::kNone});
            });
}

class JoinShapes : public ClusterShapes {
 protected:
  void check(const std::vector<JoinCase>& cases, bool as_rows) {
    std::vector<PerRank<JoinedPair>> out(cases.size(), PerRank<JoinedPair>(GetParam().ranks));
    run([&](Cluster& cluster) {
      for (std::size_t c = 0; c < cases.size(); ++c) {
        const auto keep = [&](const JoinedPair& match) { out[c].of(cluster).push_back(match); };
        if (as_rows) {
          join_as_rows(cluster, cases[c], keep);
        } else {
          join_records(cluster, cases[c], keep);
        }
      }
    });
    for (std::size_t c = 0; c < cases.size(); ++c) {
      for (const std::vector<JoinedPair>& part : out[c].parts()) {
        EXPECT_TRUE(as_rows || std::is_sorted(part.begin(), part.end(), ByKey())) << "case " << c;
      }
      std::vector<JoinedPair> all = out[c].all();
      std::sort(all.begin(), all.end());
      EXPECT_TRUE(all == matches_of(cases[c])) << "case " << c;
    }
  }
  // All kinds of many small inputs: empty sides, few and many keys, one key, a side much smaller.
  std::vector<JoinCase> small_cases() {
    std::vector<JoinCase> cases;
    for (u64 seed = 0; seed < (GetParam().ranks <= 3 ? 40 : 12); ++seed) {
      for (const JoinKind kind : kJoinKinds) {
        const u64 lefts = seed % 5 == 0 ? seed % 4 : 5 + seed * 3 % 90;
        const u64 rights = seed % 7 == 0 ? seed % 3 : 5 + seed * 7 % 80;
        cases.push_back(join_case(kind, seed, lefts, rights, 1 + seed * seed % 50));
      }
    }
    return cases;
  }
  static std::vector<JoinCase> large_cases() {
    std::vector<JoinCase> cases;
    for (const JoinKind kind : kJoinKinds) {
      cases.push_back(join_case(kind, 1, 1500, 1000, 800));
      cases.push_back(join_case(kind, 2, 1500, 200, 150, 50));
      cases.push_back(join_case(kind, 3, 2000, 30, 50));
      cases.push_back(join_case(kind, 4, 30, 1500, 50));
      cases.push_back(join_case(kind, 5, 100, 130, 1));
      cases.push_back(join_case(kind, 6, 60, 300, 3));  // several groups that spill when tiny
    }
    cases.push_back(join_case(JoinKind::left, 7, 10'000, 4000, 5000, 20));
    return cases;
  }
};
SHARDMILL_EVERY_SHAPE(JoinShapes);

TEST_P(JoinShapes, SmallInputsAgreeWithAMap) { check(small_cases(), false); }
TEST_P(JoinShapes, SmallRowsAgreeWithAMap) { check(small_cases(), true); }
TEST_P(JoinShapes, LargeInputsAgreeWithAMap) { check(large_cases(), false); }
TEST_P(JoinShapes, LargeRowsAgreeWithAMap) { check(large_cases(), true); }

}  // namespace
}  // namespace shardmill

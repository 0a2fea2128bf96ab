// Inputs to join, and what must come out, by a map.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "engine/algorithm/join_kind.hpp"
#include "engine/hash/hash.hpp"

namespace shardmill {

struct Left {
  u64 value, key;  // the order does not begin with the key
  auto operator<=>(const Left&) const = default;
};
struct Right {
  u64 key, value, more;
  auto operator<=>(const Right&) const = default;
};
// One result; right_value is kNone for a left row alone.
struct JoinedPair {
  static constexpr u64 kNone = ~u64{0};
  u64 key, left_value, right_value;
  auto operator<=>(const JoinedPair&) const = default;
};

// Each rank is given its results in this order.
struct ByKey {
  bool operator()(const JoinedPair& a, const JoinedPair& b) const { return a.key < b.key; }
};

struct JoinCase {
  JoinKind kind;
  std::vector<Left> left;
  std::vector<Right> right;
};

inline constexpr JoinKind kJoinKinds[] = {JoinKind::inner, JoinKind::left, JoinKind::semi,
                                          JoinKind::anti};

// Keys 0 .. distinct-1, mixed; `hot` of 100 left rows have key 0.
inline JoinCase join_case(JoinKind kind, u64 seed, u64 lefts, u64 rights, u64 distinct,
                          u64 hot = 0) {
  std::mt19937_64 random(seed);
  JoinCase one{kind, {}, {}};
  for (u64 i = 0; i < lefts; ++i) {
    const u64 key = random() % 100 < hot ? 0 : random() % distinct;
    one.left.push_back({random() % 9, mix64(key)});
  }
  for (u64 i = 0; i < rights; ++i)
    one.right.push_back({mix64(random() % distinct), random() % 9, 0});
  return one;
}

// Sorted.
inline std::vector<JoinedPair> matches_of(const JoinCase& join) {
  const bool pairs = join.kind == JoinKind::inner || join.kind == JoinKind::left;
  std::map<u64, std::vector<u64>> values;
  for (const Right& r : join.right) values[r.key].push_back(r.value);
  std::vector<JoinedPair> all;
  for (const Left& l : join.left) {
    const auto found = values.find(l.key);
    const bool matched = found != values.end();
    const bool alone = matched ? join.kind == JoinKind::semi
                               : join.kind == JoinKind::left || join.kind == JoinKind::anti;
    if (alone) all.push_back({l.key, l.value, JoinedPair::kNone});
    if (!matched || !pairs) continue;
    for (const u64 value : found->second) all.push_back({l.key, l.value, value});
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace shardmill

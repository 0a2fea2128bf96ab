// Rows of two sequences meet where their keys are equal. Both may be larger than memory.
#pragma once

#include <compare>

#include "engine/algorithm/group_by.hpp"
#include "engine/algorithm/join_routes.hpp"
#include "engine/algorithm/merge_join.hpp"
#include "engine/algorithm/position_sample.hpp"

namespace shardmill {
namespace join_detail {

// Rows by key alone: those of a key keep no order, and most of a hot key's work is not done.
template <class T, class KeyOf>
struct KeyOnly {
  static constexpr bool kNothingElse = true;
  KeyOf key;
  bool operator()(const T& a, const T& b) const { return key(a) < key(b); }
  [[nodiscard]] u64 leading(const T& row) const { return key(row); }
};

template <class Input, class F>
void for_each_row(const Input& rows, F&& f) {
  auto cursor = rows.cursor();
  while (const auto* row = cursor.next()) f(*row);
}

// One side of a join: how its rows are hashed and sent.
template <class T, class InLess, class KeyOf>
struct RecordSide {
  using Less = KeyOnly<T, KeyOf>;
  Records<T, InLess> rows;
  KeyOf key;

  [[nodiscard]] u64 bytes() const { return rows.size() * sizeof(T); }
  [[nodiscard]] u64 hash(const T& row) const { return mix64(key(row)); }
  [[nodiscard]] auto shuffle(Cluster& cluster, const std::string& name, Lease lease) const {
    return Shuffle<T, Less>(cluster, name, std::move(lease), Less{key});
  }
  static void put(Shuffle<T, Less>& shuffle, Rank to, const T& row) { shuffle.put(to, row); }
  template <class F>
  void drain(F&& f) {
    Records<T, InLess>(std::move(rows)).drain(f);
  }
  [[nodiscard]] auto group(Cluster& cluster, const std::string& name, Lease lease) const {
    return Records<T, Less>(cluster, name, std::move(lease), Less{key});
  }
  // All rows, on the rank where they are. Leaves the side without them.
  [[nodiscard]] Records<T, Less> stay(Cluster& cluster, const std::string& name, Lease lease) {
    if (!rows.spilled()) return Records<T, Less>(std::move(rows), Less{key});
    Records<T, Less> again = group(cluster, name, std::move(lease));
    drain([&](const T& row) { again.push(row); });
    return again;
  }
};
struct RowSide {
  Rows rows;

  [[nodiscard]] u64 bytes() const { return rows.bytes(); }
  [[nodiscard]] static u64 hash(const Row& row) { return hash64(row.key); }
  [[nodiscard]] static auto shuffle(Cluster& cluster, const std::string& name, Lease lease) {
    return RowShuffle(cluster, name, std::move(lease));
  }
  static void put(RowShuffle& shuffle, Rank to, const Row& row) {
    shuffle.put(to, row.key, row.payload);
  }
  template <class F>
  void drain(F&& f) {
    for_each_row(Rows(std::move(rows)), f);
  }
  [[nodiscard]] static auto group(Cluster& cluster, const std::string& name, Lease lease) {
    return Rows(cluster, name, std::move(lease));
  }
  [[nodiscard]] Rows stay(Cluster&, const std::string&, Lease) { return std::move(rows); }
};

template <class Side>
std::vector<u64> sample_of(Cluster& cluster, const Side& side) {
  const PositionSample choice(cluster, cluster.control.all_sum(side.rows.size()));
  std::vector<u64> sample;
  u64 position = 0;
  for_each_row(side.rows, [&](const auto& row) {
    if (choice.takes(choice.number_of(position++))) sample.push_back(side.hash(row));
  });
  return sample;
}

// Leaves the side without its rows. route(hash, put) says where one goes, unless all of them stay.
template <class Side, class Route>
auto send(Cluster& cluster, const std::string& name, Lease lease, Side& side, bool stays,
          Route&& route) {
  if (stays) return side.stay(cluster, name, std::move(lease));
  auto shuffle = side.shuffle(cluster, name, std::move(lease));
  side.drain([&](const auto& row) {
    route(side.hash(row), [&](Rank to) { side.put(shuffle, to, row); });
  });
  return shuffle.finish();
}

template <class Left, class Right, class Compare, class F>
void join_sides(Cluster& cluster, const std::string& name, Left left, Right right, JoinKind kind,
                Compare compare, F&& on_match) {
  Lease left_lease = algorithm_lease(cluster, name + ".left", 2);
  Lease right_lease = algorithm_lease(cluster, name + ".right", 2);
  JoinRoutes routes(cluster, kind, {left.bytes(), left_lease.bytes()},
                    {right.bytes(), right_lease.bytes()});
  if (cluster.size() > 1 && routes.plan() == JoinRoutes::Plan::partition) {
    routes.spread_hot_keys(cluster, sample_of(cluster, left));
  }
  auto lefts = send(cluster, name + ".left", std::move(left_lease), left, routes.left_stays(),
                    [&](u64 hash, auto put) { routes.left(hash, put); });
  auto rights = send(cluster, name + ".right", std::move(right_lease), right, routes.right_stays(),
                     [&](u64 hash, auto put) { routes.right(hash, put); });
  lefts.sort();
  rights.sort();
  auto group = right.group(cluster, name + ".group", algorithm_lease(cluster, name + ".group"));
  merge_join(lefts, rights, group, kind, compare, on_match);
}

}  // namespace join_detail

// Collective. Calls on_match(const L&, const R*) for every result of the join of `kind` on
// left_key(const L&) == right_key(const R&), both u64; the pointer is null for a left row without a
// right one, and always for semi and anti. The rows are valid during the call, which may put into
// open exchanges but not call collectives. With keys that are hashes an inner join may compare the
// rest of the keys itself; for other kinds use join_rows.
//
// The multiset of calls over all ranks depends on the rows alone. On one rank they come in
// ascending order of keys, those of a left row one after the other. Which rank makes a call depends
// on the plan and on a sample (join_routes.hpp): on the ranks, on the leases and, of hot keys, on
// the order in which the input is read, so on what has spilled. Results that are to be the same for
// all of these must be sorted.
//
// Volume: each row crosses the network at most once, and right rows of hot keys (or a side much
// smaller than the other) go to every rank. Hot keys are those of the left side: put the side on
// which single keys have many rows there. A key's rows on one rank may exceed memory on either
// side: right rows are then read from scratch once for each left row they meet.
template <class L, class LLess, class R, class RLess, class LKey, class RKey, class F>
void join(Cluster& cluster, const std::string& name, Records<L, LLess>&& left,
          Records<R, RLess>&& right, LKey left_key, RKey right_key, JoinKind kind, F&& on_match) {
  const auto compare = [&](const L& l, const R& r) {
    return u64{left_key(l)} <=> u64{right_key(r)};
  };
  using Left = join_detail::RecordSide<L, LLess, LKey>;
  using Right = join_detail::RecordSide<R, RLess, RKey>;
  join_detail::join_sides(cluster, name, Left{std::move(left), left_key},
                          Right{std::move(right), right_key}, kind, compare, on_match);
}

// The same for rows of any length, whose keys are compared byte by byte: on_match(const Row&, const
// Row*), on one rank in ascending order of (key, left payload, right payload).
template <class F>
void join_rows(Cluster& cluster, const std::string& name, Rows&& left, Rows&& right, JoinKind kind,
               F&& on_match) {
  const auto compare = [](const Row& l, const Row& r) { return l.key.compare(r.key); };
  join_detail::join_sides(cluster, name, join_detail::RowSide{std::move(left)},
                          join_detail::RowSide{std::move(right)}, kind, compare, on_match);
}

}  // namespace shardmill

// Brings the rows of two sequences to where those of one key are together.
#pragma once

#include <utility>

#include "engine/algorithm/join_routes.hpp"
#include "engine/algorithm/lease.hpp"
#include "engine/algorithm/position_sample.hpp"
#include "engine/exchange/shuffle.hpp"

namespace shardmill {

// The sides of co_locate. `hash` maps a row to a u64 that says which rows must meet, and must be
// the same function of the key on both sides; `Less` orders a side afterwards.
template <class T, class InLess, class OutLess, class Hash>
struct RecordSide {
  using Sent = Records<T, OutLess>;
  Records<T, InLess> rows;
  OutLess less;
  Hash hash;

  [[nodiscard]] u64 bytes() const { return rows.size() * sizeof(T); }
  [[nodiscard]] auto shuffle(Cluster& cluster, const std::string& name, Lease lease) const {
    return Shuffle<T, OutLess>(cluster, name, std::move(lease), less);
  }
  static void put(Shuffle<T, OutLess>& shuffle, Rank to, const T& row) { shuffle.put(to, row); }
  [[nodiscard]] Sent empty(Cluster& cluster, const std::string& name, Lease lease) const {
    return Sent(cluster, name, std::move(lease), less);
  }
  template <class F>
  void drain(F&& f) {
    Records<T, InLess>(std::move(rows)).drain(f);
  }
  // All rows, on the rank where they are. Leaves the side without them.
  [[nodiscard]] Sent stay(Cluster& cluster, const std::string& name, Lease lease) {
    if (!rows.spilled()) return Sent(std::move(rows), less);
    Sent again = empty(cluster, name, std::move(lease));
    drain([&](const T& row) { again.push(row); });
    return again;
  }
};
template <class T, class InLess, class OutLess, class Hash>
RecordSide(Records<T, InLess>, OutLess, Hash) -> RecordSide<T, InLess, OutLess, Hash>;

template <class Hash>
struct RowSide {
  using Sent = Rows;
  Rows rows;
  Hash hash;

  [[nodiscard]] u64 bytes() const { return rows.bytes(); }
  [[nodiscard]] static auto shuffle(Cluster& cluster, const std::string& name, Lease lease) {
    return RowShuffle(cluster, name, std::move(lease));
  }
  static void put(RowShuffle& shuffle, Rank to, const Row& row) {
    shuffle.put(to, row.key, row.payload);
  }
  [[nodiscard]] static Rows empty(Cluster& cluster, const std::string& name, Lease lease) {
    return Rows(cluster, name, std::move(lease));
  }
  template <class F>
  void drain(F&& f) {
    Rows(std::move(rows)).drain(f);
  }
  [[nodiscard]] Rows stay(Cluster&, const std::string&, Lease) { return std::move(rows); }
};
template <class Hash>
RowSide(Rows, Hash) -> RowSide<Hash>;

namespace co_locate_detail {

template <class Side>
std::vector<u64> sample_of(Cluster& cluster, const Side& side) {
  const PositionSample choice(cluster, cluster.control.all_sum(side.rows.size()));
  std::vector<u64> sample;
  u64 position = 0;
  auto cursor = side.rows.cursor();
  while (const auto* row = cursor.next()) {
    if (choice.takes(choice.number_of(position++))) sample.push_back(side.hash(*row));
  }
  return sample;
}

// route(hash, put) says where a row goes, unless all of them stay.
template <class Side, class Route>
typename Side::Sent send(Cluster& cluster, const std::string& name, Lease lease, Side& side,
                         bool stays, Route&& route) {
  if (stays) return side.stay(cluster, name, std::move(lease));
  auto shuffle = side.shuffle(cluster, name, std::move(lease));
  side.drain([&](const auto& row) {
    route(side.hash(row), [&](Rank to) { side.put(shuffle, to, row); });
  });
  return shuffle.finish();
}

}  // namespace co_locate_detail

// Collective. Every left row is on one rank afterwards, and so is, beside it, every right row with
// its hash. Both come back sorted; the rows of the sides are moved from. Which rank that is depends
// on the plan and on a sample (join_routes.hpp): on the ranks, on the leases and, of hot keys, on
// the order in which the input is read, so on what has spilled. For an inner join it may be the
// right rows that are on one rank each, and the left ones beside them.
//
// Volume: each row crosses the network at most once, and right rows of hot keys (or a side much
// smaller than the other) go to every rank. Hot keys are those of the left side: put the side on
// which single keys have many rows there. For semi and anti, where a left row does not meet each
// right one, a key is hot only when that moves no more bytes than its left rows have.
template <class Left, class Right>
[[nodiscard]] std::pair<typename Left::Sent, typename Right::Sent> co_locate(
    Cluster& cluster, const std::string& name, Left& left, Right& right, JoinKind kind) {
  using co_locate_detail::sample_of;
  using co_locate_detail::send;
  Lease lease = algorithm_lease(cluster, name + ".left", 3);
  JoinRoutes routes(cluster, kind, left.bytes(), right.bytes(), lease.bytes());
  if (cluster.size() > 1 && routes.plan() == JoinRoutes::Plan::partition) {
    routes.spread_hot_keys(cluster, sample_of(cluster, left), sample_of(cluster, right));
  }
  auto lefts = send(cluster, name + ".left", std::move(lease), left, routes.left_stays(),
                    [&](u64 hash, auto put) { routes.left(hash, put); });
  // Only now: the rows that the left side held before have given back theirs.
  lease = algorithm_lease(cluster, name + ".right", 3);
  auto rights = send(cluster, name + ".right", std::move(lease), right, routes.right_stays(),
                     [&](u64 hash, auto put) { routes.right(hash, put); });
  lefts.sort();
  rights.sort();
  return {std::move(lefts), std::move(rights)};
}

}  // namespace shardmill

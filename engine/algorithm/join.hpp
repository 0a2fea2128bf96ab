// Rows of two sequences meet where their keys are equal. Both may be larger than memory.
#pragma once

#include <compare>

#include "engine/algorithm/co_locate.hpp"
#include "engine/algorithm/merge_join.hpp"
#include "engine/hash/hash.hpp"

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

template <class T, class InLess, class KeyOf>
auto side_of(Records<T, InLess>&& rows, KeyOf key) {
  return RecordSide(std::move(rows), KeyOnly<T, KeyOf>{key},
                    [key](const T& row) { return mix64(key(row)); });
}
inline auto side_of(Rows&& rows) {
  return RowSide(std::move(rows), [](const Row& row) { return hash64(row.key); });
}

template <class Left, class Right, class Compare, class F>
void join_sides(Cluster& cluster, const std::string& name, Left left, Right right, JoinKind kind,
                Compare compare, F&& on_match) {
  const auto [lefts, rights] = co_locate(cluster, name, left, right, kind);
  auto group = right.empty(cluster, name + ".group", algorithm_lease(cluster, name + ".group", 3));
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
// ascending order of keys, those of a left row one after the other; which rank makes a call, and
// the volume, are as co_locate says. Results that are to be the same for any ranks and memory must
// be sorted. A key's rows on one rank may exceed memory on either side: right rows are then read
// from scratch once for each left row they meet.
template <class L, class LLess, class R, class RLess, class LKey, class RKey, class F>
void join(Cluster& cluster, const std::string& name, Records<L, LLess>&& left,
          Records<R, RLess>&& right, LKey left_key, RKey right_key, JoinKind kind, F&& on_match) {
  const auto compare = [&](const L& l, const R& r) {
    return u64{left_key(l)} <=> u64{right_key(r)};
  };
  join_detail::join_sides(cluster, name, join_detail::side_of(std::move(left), left_key),
                          join_detail::side_of(std::move(right), right_key), kind, compare,
                          on_match);
}

// The same for rows of any length, whose keys are compared byte by byte: on_match(const Row&, const
// Row*), on one rank in ascending order of (key, left payload, right payload).
template <class F>
void join_rows(Cluster& cluster, const std::string& name, Rows&& left, Rows&& right, JoinKind kind,
               F&& on_match) {
  const auto compare = [](const Row& l, const Row& r) { return l.key.compare(r.key); };
  join_detail::join_sides(cluster, name, join_detail::side_of(std::move(left)),
                          join_detail::side_of(std::move(right)), kind, compare, on_match);
}

}  // namespace shardmill

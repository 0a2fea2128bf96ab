// Joins two sorted sequences of one rank.
#pragma once

#include "engine/algorithm/join_kind.hpp"

namespace shardmill {

// Local. `Left` and `Right` are sorted by key and read by cursors (Records, Rows). `group`, of the
// type of `right`, takes the right rows of one key at a time. compare(left row, right row) orders
// their keys: an int or std::strong_ordering.
//
// on_match(const left row&, const right row*), null as JoinKind says. Left rows come in their
// order, the right rows of one left row in theirs. Each side is read once. Right rows of a key that
// has a match are copied to `group`, and read there once for each left row with the key: in memory,
// or from scratch when they are more than its lease holds.
template <class Left, class Right, class Compare, class F>
void merge_join(const Left& left, const Right& right, Right& group, JoinKind kind, Compare compare,
                F&& on_match) {
  const bool pairs = kind == JoinKind::inner || kind == JoinKind::left;
  const bool alone = kind == JoinKind::left || kind == JoinKind::anti;
  auto lefts = left.cursor();
  auto rights = right.cursor();
  const auto* l = lefts.next();
  const auto* r = rights.next();
  const decltype(r) none = nullptr;

  // All left rows of the group's key, each with every member.
  const auto meet_group = [&] {
    auto begin = group.cursor();
    const auto* first = begin.next();
    for (; l != nullptr && compare(*l, *first) == 0; l = lefts.next()) {
      on_match(*l, first);
      if (group.size() == 1) continue;
      auto members = group.cursor();
      for (members.next(); const auto* member = members.next();) on_match(*l, member);
    }
  };

  while (l != nullptr && (r != nullptr || alone)) {
    const bool is_after = r != nullptr && compare(*l, *r) > 0;
    const bool matches = r != nullptr && compare(*l, *r) == 0;
    if (is_after) {
      r = rights.next();
    } else if (matches && pairs) {
      group.clear();
      for (; r != nullptr && compare(*l, *r) == 0; r = rights.next()) group.push(*r);
      meet_group();
    } else {
      if (matches ? kind == JoinKind::semi : alone) on_match(*l, none);
      l = lefts.next();
    }
  }
}

}  // namespace shardmill

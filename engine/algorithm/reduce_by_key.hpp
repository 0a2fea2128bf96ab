// One record for each key, combined from all that have it.
#pragma once

#include <array>

#include "engine/algorithm/combining_table.hpp"
#include "engine/algorithm/group_by.hpp"

namespace shardmill {

// Takes records as they arise. `key` maps a record to a u64; combine(T& into, const T& other) makes
// one record of two with the same key, leaves the key as it is, and is associative and commutative
// to the last bit (no sums of floats).
//
// Records are combined before they are sent, as far as their keys fit a table: with at most that
// many keys every rank sends each of its keys once, in the worst case every record crosses the
// network once. What arrives is combined before it spills.
template <class T, class KeyOf, class Combine>
class Reducer : private RowSink {
 public:
  using Less = KeyLess<T, KeyOf>;
  // Opens an exchange: every rank opens the same ones in the same order. No more than
  // `most_records` are put here.
  Reducer(Cluster& cluster, const std::string& name, KeyOf key, Combine combine,
          u64 most_records = UINT64_MAX)
      : cluster_(cluster),
        name_(name),
        key_(key),
        combine_(combine),
        arrived_(cluster, name, algorithm_lease(cluster, name), Less{key}),
        table_(cluster, algorithm_lease(cluster, name + ".combine"), most_records),
        exchange_(cluster, name, sizeof(T), *this) {}

  // Until finish, no collective of Cluster::control.
  void put(const T& record) {
    const u64 hash = mix64(key_(record));
    table_.prefetch(hash);
    ahead_[n_ahead_++] = {hash, record};
    if (n_ahead_ == kAhead) put_ahead();
  }
  // Collective. One record per key, on the rank owner_of(mix64(key)), in ascending order of keys
  // there: the same bytes whatever the ranks and the memory.
  [[nodiscard]] Records<T, Less> finish() {
    put_ahead();
    table_.drain(sending());
    table_ = {};
    exchange_.finish();
    const Records<T, Less> parts = sorted(std::move(arrived_));

    Records<T, Less> result(cluster_, name_, algorithm_lease(cluster_, name_ + ".result"),
                            Less{key_});
    for_each_group(parts, key_, [&](auto& group) {
      T total = *group.next();
      while (const T* part = group.next()) combine_(total, *part);
      result.push(total);
    });
    result.sort();  // it is: from here on its runs are read as one
    return result;
  }

 private:
  // So many slots of the table are on their way from memory at once.
  static constexpr std::size_t kAhead = 16;
  struct Ahead {
    u64 hash;
    T record;
  };

  auto sending() {
    return [this](const T& record) {
      exchange_.put(owner_of(mix64(key_(record)), cluster_.size()),
                    std::as_bytes(std::span<const T, 1>(&record, 1)));
    };
  }
  auto same_key() {
    return [this](const T& a, const T& b) { return key_(a) == key_(b); };
  }
  static Records<T, Less> sorted(Records<T, Less> records) {
    records.sort();
    return records;
  }
  void accept(std::span<const std::byte> rows) override {
    while (!rows.empty()) {
      if (arrived_.room() == 0) arrived_.make_room_by_combining(same_key(), combine_);
      const std::size_t bytes = std::min(rows.size(), arrived_.room() * sizeof(T));
      arrived_.push_bytes(rows.first(bytes));
      rows = rows.subspan(bytes);
    }
  }
  void put_ahead() {
    for (std::size_t i = 0; i < n_ahead_; ++i) {
      table_.put(ahead_[i].hash, ahead_[i].record, same_key(), combine_, sending());
    }
    n_ahead_ = 0;
  }

  Cluster& cluster_;
  std::string name_;
  [[no_unique_address]] KeyOf key_;
  [[no_unique_address]] Combine combine_;
  Records<T, Less> arrived_;
  CombiningTable<T> table_;
  Exchange exchange_;
  std::array<Ahead, kAhead> ahead_;
  std::size_t n_ahead_ = 0;
};

// Collective: the records of a sequence, reduced as by a Reducer.
template <class T, class InLess, class KeyOf, class Combine>
[[nodiscard]] Records<T, KeyLess<T, KeyOf>> reduce_by_key(Cluster& cluster, const std::string& name,
                                                          Records<T, InLess>&& in, KeyOf key,
                                                          Combine combine) {
  Reducer<T, KeyOf, Combine> reducer(cluster, name, key, combine, in.size());
  Records<T, InLess>(std::move(in)).drain([&](const T& record) { reducer.put(record); });
  return reducer.finish();
}

}  // namespace shardmill

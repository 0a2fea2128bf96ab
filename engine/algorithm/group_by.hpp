// Brings records of one key together, wherever they were.
#pragma once

#include "engine/algorithm/partition_by.hpp"

namespace shardmill {

// Records by key, and within a key in their own order.
template <class T, class KeyOf>
struct KeyLess {
  static constexpr bool kThenAsRecords = true;
  KeyOf key;
  bool operator()(const T& a, const T& b) const {
    const u64 left = key(a);
    const u64 right = key(b);
    return left != right ? left < right : a < b;
  }
  [[nodiscard]] u64 leading(const T& record) const { return key(record); }
};

// The records of one key, read once from front to back in T's order; may be larger than memory.
template <class T>
class Group {
 public:
  [[nodiscard]] u64 key() const { return key_; }
  // The next member, valid until the next call; null after the last.
  virtual const T* next() = 0;
  // f(const T&) for each member not yet read.
  template <class F>
  void for_each(F&& f) {
    while (const T* member = next()) f(*member);
  }

 protected:
  explicit Group(u64 key) : key_(key) {}
  ~Group() = default;
  u64 key_;
};

namespace group_by_detail {

template <class T, class KeyOf, class Cursor>
class CursorGroup final : public Group<T> {
 public:
  // `first` is where the cursor stands.
  CursorGroup(u64 key, Cursor& cursor, const KeyOf& key_of, const T* first)
      : Group<T>(key), cursor_(cursor), key_of_(key_of), head_(first) {}
  const T* next() override {
    if (head_ == nullptr) return nullptr;
    if (!std::exchange(fresh_, false)) head_ = cursor_.next();
    if (head_ != nullptr && key_of_(*head_) == this->key_) return head_;
    following_ = std::exchange(head_, nullptr);
    return nullptr;
  }
  // Skips what was not read; the first record of the next key, or null.
  const T* following() {
    while (next() != nullptr) {
    }
    return following_;
  }

 private:
  Cursor& cursor_;
  const KeyOf& key_of_;
  const T* head_;
  bool fresh_ = true;
  const T* following_ = nullptr;
};

}  // namespace group_by_detail

// Local: on_group(Group<T>&) for each run of equal keys in sorted records, whose order must put
// records of one key side by side.
template <class T, class Less, class KeyOf, class F>
void for_each_group(const Records<T, Less>& sorted, KeyOf key, F&& on_group) {
  auto cursor = sorted.cursor();
  for (const T* first = cursor.next(); first != nullptr;) {
    group_by_detail::CursorGroup<T, KeyOf, decltype(cursor)> group(key(*first), cursor, key, first);
    on_group(group);
    first = group.following();
  }
}

// Collective. Calls on_group(Group<T>&; with `auto&` its next() is not virtual) once per distinct
// `key` (a function T -> u64), on the rank owner_of(mix64(key)), in ascending order of keys there.
// Members come in T's order whatever the ranks and the memory. The callback may put into open
// exchanges, but not call collectives. Each record crosses the network at most once and is sorted
// once.
template <class T, class InLess, class KeyOf, class F>
void group_by(Cluster& cluster, std::string name, Records<T, InLess>&& in, KeyOf key,
              F&& on_group) {
  using Less = KeyLess<T, KeyOf>;
  Records<T, Less> records =
      partition_by<T, KeyOf, Less>(cluster, std::move(name), std::move(in), key, Less{key});
  records.sort();
  for_each_group(records, key, on_group);
}

}  // namespace shardmill

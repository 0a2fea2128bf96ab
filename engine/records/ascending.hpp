// Looks up keys that come in ascending order in sorted records.
#pragma once

#include "engine/records/records.hpp"

namespace shardmill {

// Records are found by what orders them before anything else: their leading number, or themselves.
// They must stay where they are.
template <class T>
class Ascending {
 public:
  explicit Ascending(const Records<T>& sorted) : cursor_(sorted.cursor()), at_(cursor_.next()) {}
  // The first record of this key that was not passed, null: there is none. Keys never descend.
  const T* find(u64 key) {
    while (at_ != nullptr && key_of(*at_) < key) at_ = cursor_.next();
    return at_ != nullptr && key_of(*at_) == key ? at_ : nullptr;
  }
  bool has(u64 key) { return find(key) != nullptr; }
  // Whether there is a record that was not passed of this key or a smaller one.
  [[nodiscard]] bool any_until(u64 key) const { return at_ != nullptr && key_of(*at_) <= key; }
  // Passes the record that was found.
  void pass() { at_ = cursor_.next(); }

 private:
  static u64 key_of(const T& record) {
    if constexpr (HasLeading<T>) {
      return record.leading();
    } else {
      return record;
    }
  }

  typename Records<T>::Cursor cursor_;
  const T* at_;
};

}  // namespace shardmill

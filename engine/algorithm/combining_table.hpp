// Records of one key met here become one before they travel.
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/records/arena.hpp"

namespace shardmill {

// A table of a fixed size that forgets instead of growing (early aggregation: Larson, Grouping and
// duplicate elimination, 1997): a record finds its key within kProbed slots and is combined with
// what is there, or takes a free one, or pushes out the record in its first. So a key may leave
// several times, and whoever receives it combines again. Keys that come often mostly stay. Where
// hardly any record meets its key, the table steps aside and lets everything leave at once.
template <class T>
class CombiningTable {
 public:
  CombiningTable() = default;
  // At least kProbed slots; as many as the lease holds, unless `most_records` need less.
  CombiningTable(const Cluster& cluster, Lease lease, u64 most_records)
      : lease_(std::move(lease)), slots_(slots_for(cluster, lease_.bytes(), most_records)) {
    records_ = Arena(slots_ * sizeof(T));
    taken_.resize(slots_);
  }

  // Brings the slots of this hash nearer.
  void prefetch(u64 hash) const {
    const std::size_t slot = hash & (slots_ - 1);
    __builtin_prefetch(&taken_[slot]);
    __builtin_prefetch(&records()[slot], 1);
  }
  // `hash` is that of the record's key. combine(T& into, const T& other) when same_key(there,
  // record); leave(const T&) for a record that is pushed out.
  template <class SameKey, class Combine, class Leave>
  void put(u64 hash, const T& record, SameKey&& same_key, Combine&& combine, Leave&& leave) {
    if (aside_) return leave(record);
    if (++puts_ == 2 * slots_) {
      aside_ = combined_ < puts_ / kWorthwhile;
      puts_ = combined_ = 0;
    }
    const std::size_t mask = slots_ - 1;
    for (std::size_t i = 0; i < kProbed; ++i) {
      const std::size_t slot = (hash + i) & mask;
      if (taken_[slot] == 0) {
        taken_[slot] = 1;
        records()[slot] = record;
        return;
      }
      if (same_key(records()[slot], record)) {
        ++combined_;
        return combine(records()[slot], record);
      }
    }
    T& first = records()[hash & mask];
    leave(first);
    first = record;
  }
  // leave(const T&) for all that are still here.
  template <class Leave>
  void drain(Leave&& leave) {
    for (std::size_t slot = 0; slot < slots_; ++slot) {
      if (std::exchange(taken_[slot], u8{0}) != 0) leave(records()[slot]);
    }
  }

 private:
  // Keys that share a first slot seldom push each other out while the table is half full.
  static constexpr std::size_t kProbed = 8;
  // Four times as many slots made bench/engine's words and reduce no faster.
  static constexpr u64 kLargest = u64{32} << 20;
  // One record of so many combined pays for looking all of them up.
  static constexpr u64 kWorthwhile = 10;

  static std::size_t slots_for(const Cluster& cluster, u64 bytes, u64 most_records) {
    const u64 held = std::bit_floor(std::min<u64>(bytes, kLargest) / (sizeof(T) + 1));
    u64 slots = most_records < held / 2 ? std::bit_ceil(2 * most_records + 1) : held;
    if (cluster.force_spill_rows > 0) {
      slots = std::min(slots, std::bit_floor(cluster.force_spill_rows));
    }
    return static_cast<std::size_t>(std::max<u64>(slots, kProbed));
  }
  [[nodiscard]] T* records() const { return reinterpret_cast<T*>(records_.data()); }

  Lease lease_;
  std::size_t slots_ = 0;  // a power of two
  Arena records_;
  std::vector<u8> taken_;
  u64 puts_ = 0;      // since the last judgement
  u64 combined_ = 0;  // of them
  bool aside_ = false;
};

}  // namespace shardmill

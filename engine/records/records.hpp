// This rank's part of a distributed sequence of fixed-size records, as large as scratch.
//
// Records live in their lease; beyond it (or beyond Cluster::force_spill_rows) they go to scratch
// as sorted runs, which are merged when read. Memory: the lease, at least
// MemoryPlan::kSmallestLease.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/records/arena.hpp"
#include "engine/records/loser_tree.hpp"
#include "engine/records/memory_plan.hpp"
#include "engine/records/run_file.hpp"
#include "engine/records/run_source.hpp"
#include "engine/records/sort_records.hpp"

namespace shardmill {

// T is trivially copyable; Less orders it, by default T::operator<. When it does so totally
// (records that compare equal are the same bytes), the sorted sequence depends on the records
// alone; those that it does not tell apart come in any order. Move-only. The Cluster must outlive
// it.
template <class T, class Less = std::less<T>>
class Records {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 16);
  static_assert(sizeof(T) <= MemoryPlan::kSmallestBlock);

 public:
  Records(Cluster& cluster, std::string name, Lease lease, Less less = {})
      : name_(std::move(name)),
        lease_(std::move(lease)),
        less_(std::move(less)),
        plan_(MemoryPlan::of(lease_.bytes())),
        limit_(plan_.arena_bytes / sizeof(T)),
        file_(&cluster.scratch, name_, &cluster.watchdog) {
    if (cluster.force_spill_rows > 0) {
      limit_ = static_cast<std::size_t>(std::min<u64>(limit_, cluster.force_spill_rows));
    }
  }
  // The same records, where they are, in another order. None may have spilled.
  template <class Other>
  Records(Records<T, Other>&& other, Less less)
      : name_(std::move(other.name_)),
        lease_(std::move(other.lease_)),
        less_(std::move(less)),
        plan_(other.plan_),
        limit_(other.limit_),
        arena_(std::move(other.arena_)),
        held_(std::exchange(other.held_, 0)),
        file_(std::move(other.file_)) {
    if (other.spilled()) throw InternalError(name_ + ": runs on scratch have an order already");
  }
  Records(Records&&) noexcept = default;
  Records& operator=(Records&&) noexcept = default;

  // Throws ResourceError when scratch is full.
  void push(const T& record) {
    if (held_ == limit_ || arena_.data() == nullptr) make_room();
    memory()[held_++] = record;
    sorted_ = false;
  }
  // Many at once, as bytes; any alignment.
  void push_bytes(std::span<const std::byte> records) {
    if (records.size() % sizeof(T) != 0) {
      throw InternalError(name_ + ": " + std::to_string(records.size()) + " bytes for records of " +
                          std::to_string(sizeof(T)));
    }
    while (!records.empty()) {
      if (held_ == limit_ || arena_.data() == nullptr) make_room();
      const std::size_t n = std::min(records.size() / sizeof(T), limit_ - held_);
      std::memcpy(static_cast<void*>(memory() + held_), records.data(), n * sizeof(T));
      held_ += n;
      records = records.subspan(n * sizeof(T));
    }
    sorted_ = false;
  }
  // Records that fit memory before one spills.
  [[nodiscard]] std::size_t room() const { return limit_ - held_; }
  // Makes one of all records in memory that are the `same`, as combine(T& into, const T& other)
  // does; spills them only when that frees less than half of the memory. The same ones must be side
  // by side in Less's order.
  template <class Same, class Combine>
  void make_room_by_combining(Same&& same, Combine&& combine) {
    if (held_ == 0) return;
    sort_records(std::span(memory(), held_), less_, plan_.sort_bytes);
    T* last = memory();
    for (const T& record : std::span(memory(), held_).subspan(1)) {
      if (same(*last, record)) {
        combine(*last, record);
      } else {
        *++last = record;
      }
    }
    held_ = static_cast<std::size_t>(last - memory()) + 1;
    sorted_ = false;
    if (held_ > limit_ / 2) spill();
  }
  // Forgets all records. Memory is kept for new ones, scratch is given back.
  void clear() {
    for (const Run& run : runs_) file_.discard(run);
    runs_.clear();
    spilled_rows_ = held_ = 0;
    sorted_ = false;
  }
  // Forgets all records and gives memory, scratch and lease back. Nothing may be pushed any more.
  void give_back() {
    clear();
    arena_ = {};
    lease_ = {};
  }
  [[nodiscard]] u64 size() const { return spilled_rows_ + held_; }
  [[nodiscard]] bool spilled() const { return !runs_.empty(); }
  [[nodiscard]] const std::filesystem::path& run_file() const { return file_.path(); }
  [[nodiscard]] const std::string& name() const { return name_; }

  // From here on records are read in ascending order. Merges runs until the rest can be merged
  // while reading: O(n log n) comparisons, and one more pass over scratch per factor of fan_in.
  void sort() {
    if (sorted_) return;
    if (runs_.empty()) {
      sort_records(std::span(memory(), held_), less_, plan_.sort_bytes);
    } else {
      if (held_ > 0) spill();
      arena_ = {};  // its lease is now for the blocks being merged
      while (runs_.size() > plan_.fan_in) merge_some();
    }
    sorted_ = true;
  }

  class Cursor;
  // From the beginning; any number of times. The records must stay where they are meanwhile.
  [[nodiscard]] Cursor cursor() const { return Cursor(*this); }

  // f(const T&) for each record, in order after sort(), otherwise in no particular order; but those
  // pushed in order and not sorted come as they were pushed.
  template <class F>
  void for_each(F&& f) const {
    Cursor cursor(*this);
    while (const T* record = cursor.next()) f(*record);
  }

  // The same, and forgets them. What was read goes back to memory and scratch meanwhile (unless
  // runs are merged), so that the records may move to where they take as much again.
  template <class F>
  void drain(F&& f) {
    if (sorted_ && spilled()) {
      for_each(f);
    } else {
      for (const Run& run : runs_) {
        for (Source source(file_, run); source.head() != nullptr; source.next()) f(*source.head());
        file_.discard(run);
      }
      runs_.clear();
      for (std::size_t at = 0; at < held_;) {
        const std::size_t end = std::min(held_, at + Arena::kPiece / sizeof(T));
        for (; at < end; ++at) f(memory()[at]);
        arena_.give_back(at * sizeof(T));
      }
    }
    clear();
    arena_ = {};
  }

 private:
  template <class, class>
  friend class Records;
  using Source = RunSource<T>;
  using Merge = LoserTree<Source, Less>;

  [[nodiscard]] T* memory() const { return reinterpret_cast<T*>(arena_.data()); }

  void make_room() {
    if (arena_.data() == nullptr) arena_ = Arena(plan_.arena_bytes);
    if (held_ == limit_) spill();
  }
  void spill() {
    sort_records(std::span(memory(), held_), less_, plan_.sort_bytes);
    const std::size_t per_block = plan_.block_bytes / sizeof(T);
    const Run run{file_.end(), 0};
    for (std::size_t at = 0; at < held_; at += per_block) {
      file_.write_block(std::as_bytes(std::span(memory() + at, std::min(per_block, held_ - at))));
    }
    runs_.push_back({run.begin, file_.end()});
    spilled_rows_ += held_;
    held_ = 0;
  }
  [[nodiscard]] Merge merge_of(std::size_t runs) const {
    std::vector<Source> sources;
    sources.reserve(runs);
    for (std::size_t i = 0; i < runs; ++i) sources.emplace_back(file_, runs_[i]);
    return Merge(std::move(sources), less_);
  }
  // The first runs become one at the end: no more of them than are needed to get to fan_in.
  void merge_some() {
    const std::size_t count = std::min(plan_.fan_in, runs_.size() - plan_.fan_in + 1);
    RunWriter writer(file_, plan_.block_bytes);
    for (Merge merge = merge_of(count); const T* record = merge.head(); merge.next()) {
      writer.append(std::as_bytes(std::span(record, 1)));
    }
    const Run merged = writer.finish();
    for (std::size_t i = 0; i < count; ++i) file_.discard(runs_[i]);
    runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(count));
    runs_.push_back(merged);
  }

  std::string name_;
  Lease lease_;
  [[no_unique_address]] Less less_;
  MemoryPlan plan_;
  std::size_t limit_;  // records in memory
  Arena arena_;
  std::size_t held_ = 0;
  RunFile file_;
  std::vector<Run> runs_;
  u64 spilled_rows_ = 0;
  bool sorted_ = false;
};

template <class T, class Less>
class Records<T, Less>::Cursor {
 public:
  // The next record, valid until the next call; null at the end.
  const T* next() {
    if (merge_.has_value()) {
      if (std::exchange(begun_, true) && merge_->head() != nullptr) merge_->next();
      return merge_->head();
    }
    while (run_.has_value()) {
      if (std::exchange(begun_, true) && run_->head() != nullptr) run_->next();
      if (run_->head() != nullptr) return run_->head();
      open_run();
    }
    return at_ == end_ ? nullptr : at_++;
  }

 private:
  friend class Records;
  explicit Cursor(const Records& records)
      : records_(&records), at_(records.memory()), end_(at_ + records.held_) {
    if (records.sorted_ && !records.runs_.empty()) {
      merge_.emplace(records.merge_of(records.runs_.size()));
    } else {
      open_run();
    }
  }
  void open_run() {
    run_.reset();
    begun_ = false;
    if (next_run_ < records_->runs_.size()) {
      run_.emplace(records_->file_, records_->runs_[next_run_++]);
    }
  }

  const Records* records_;
  const T* at_;
  const T* end_;
  bool begun_ = false;
  std::size_t next_run_ = 0;
  std::optional<Source> run_;
  std::optional<Merge> merge_;
};

}  // namespace shardmill

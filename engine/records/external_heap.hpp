// A priority queue as large as scratch, smallest first.
//
// New records go to a heap in memory; a full heap becomes a sorted run, and the smallest of all is
// the top of the heap or the head of a run. When there are as many runs as the lease can read at
// once they are merged into one (the buffered form of the sequence heap: Sanders 2000).
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/records/arena.hpp"
#include "engine/records/loser_tree.hpp"
#include "engine/records/memory_plan.hpp"
#include "engine/records/run_source.hpp"

namespace shardmill {

// T: trivially copyable, totally ordered by T::operator<. Half of the lease holds the heap, half
// the blocks of runs. A record costs O(log n) comparisons and is written once, and again each time
// the runs are merged.
template <class T>
class ExternalHeap {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 16);

 public:
  ExternalHeap(Cluster& cluster, const std::string& name, Lease lease)
      : lease_(std::move(lease)),
        plan_(MemoryPlan::of(lease_.bytes())),
        limit_(plan_.arena_bytes / 2 / sizeof(T)),
        file_(&cluster.scratch, name, &cluster.watchdog) {
    if (cluster.force_spill_rows > 0) {
      limit_ = static_cast<std::size_t>(std::min<u64>(limit_, cluster.force_spill_rows));
    }
  }
  ExternalHeap(const ExternalHeap&) = delete;
  ExternalHeap& operator=(const ExternalHeap&) = delete;

  // Throws ResourceError when scratch is full.
  void push(const T& record) {
    if (arena_.data() == nullptr) arena_ = Arena(limit_ * sizeof(T));
    if (held_ == limit_) spill();
    heap()[held_++] = record;
    std::push_heap(heap(), heap() + held_, std::greater<>());
  }
  // The smallest record, valid until the next push or pop; null when there is none.
  [[nodiscard]] const T* top() const {
    const T* in_memory = held_ == 0 ? nullptr : heap();
    const T* on_disk = runs_.empty() ? nullptr : runs_.front().head();
    if (in_memory == nullptr || on_disk == nullptr) return in_memory ? in_memory : on_disk;
    return *on_disk < *in_memory ? on_disk : in_memory;
  }
  // Removes top(), which is not null.
  void pop() {
    if (held_ > 0 && top() == heap()) {
      std::pop_heap(heap(), heap() + held_, std::greater<>());
      --held_;
      return;
    }
    std::pop_heap(runs_.begin(), runs_.end(), LaterHead());
    runs_.back().next();
    if (runs_.back().head() == nullptr) {
      runs_.pop_back();
    } else {
      std::push_heap(runs_.begin(), runs_.end(), LaterHead());
    }
  }
  [[nodiscard]] bool spilled() const { return file_.end() > 0; }

 private:
  using Source = RunSource<T>;
  struct LaterHead {
    bool operator()(const Source& a, const Source& b) const { return *b.head() < *a.head(); }
  };

  [[nodiscard]] T* heap() const { return reinterpret_cast<T*>(arena_.data()); }

  void spill() {
    if (runs_.size() + 1 >= std::max<std::size_t>(2, plan_.fan_in / 2)) merge_runs();
    std::sort(heap(), heap() + held_);
    RunWriter writer(file_, plan_.block_bytes);
    for (const T& record : std::span(heap(), held_)) writer.append(as_bytes_of(record));
    held_ = 0;
    add_run(writer.finish());
  }
  void merge_runs() {
    const Run old{std::exchange(begin_, file_.end()), file_.end()};
    RunWriter writer(file_, plan_.block_bytes);
    LoserTree<Source, std::less<>> merge(std::move(runs_), {});
    for (; const T* record = merge.head(); merge.next()) writer.append(as_bytes_of(*record));
    runs_.clear();
    const Run merged = writer.finish();
    file_.discard(old);
    if (merged.end > merged.begin) add_run(merged);
  }
  void add_run(const Run& run) {
    runs_.emplace_back(file_, run);
    std::push_heap(runs_.begin(), runs_.end(), LaterHead());
  }
  static std::span<const std::byte> as_bytes_of(const T& record) {
    return std::as_bytes(std::span<const T, 1>(&record, 1));
  }

  Lease lease_;
  MemoryPlan plan_;
  std::size_t limit_;  // records in memory
  Arena arena_;
  std::size_t held_ = 0;
  RunFile file_;
  u64 begin_ = 0;             // of what is not discarded
  std::vector<Source> runs_;  // a heap by their heads; none is at its end
};

}  // namespace shardmill

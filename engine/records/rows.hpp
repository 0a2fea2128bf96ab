// This rank's part of a distributed sequence of rows of any length with a key, as large as scratch.
//
// Sorted by the bytes of the key as memcmp orders them (a prefix first), then by those of the
// payload: write numbers into keys big-endian. Memory: the lease, at least
// MemoryPlan::kSmallestLease; where that is less than three of the largest row, these.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/records/arena.hpp"
#include "engine/records/loser_tree.hpp"
#include "engine/records/memory_plan.hpp"
#include "engine/records/row_format.hpp"
#include "engine/records/run_file.hpp"

namespace shardmill {

// Move-only. The Cluster must outlive it.
class Rows {
 public:
  Rows(Cluster& cluster, std::string name, Lease lease);
  Rows(Rows&&) noexcept = default;
  Rows& operator=(Rows&&) noexcept = default;

  // Key and payload together stay below 4 GiB. Throws ResourceError when scratch is full.
  void push(std::string_view key, std::string_view payload);
  void push(const Row& row) { push_encoded(row.encoded); }
  // Whole rows as RowFormat writes them, for example those of a frame.
  void push_encoded(std::span<const std::byte> rows);
  // Forgets all rows. Memory is kept for new ones, scratch is given back.
  void clear();
  [[nodiscard]] u64 size() const { return spilled_rows_ + held_; }
  // Of keys and payloads.
  [[nodiscard]] u64 bytes() const { return bytes_; }
  [[nodiscard]] bool spilled() const { return !runs_.empty(); }
  [[nodiscard]] const std::filesystem::path& run_file() const { return file_.path(); }
  [[nodiscard]] const std::string& name() const { return name_; }

  // From here on rows are read in ascending order of (key, payload).
  void sort();

  class Cursor;
  // From the beginning; any number of times. The rows must stay where they are meanwhile.
  [[nodiscard]] Cursor cursor() const;

  // f(std::string_view key, std::string_view payload), both valid during the call. Without sort()
  // in no particular order; but rows pushed in order come as they were pushed.
  template <class F>
  void for_each(F&& f) const;
  // f(const Row&) for each as for_each, and then all are forgotten. What was read goes back to
  // memory and scratch meanwhile, unless the rows are sorted.
  template <class F>
  void drain(F&& f);

 private:
  // A row in memory, with the beginning of its key beside it so that most comparisons end here.
  struct Entry {
    u64 prefix;  // first eight bytes of the key, big-endian, zero-padded
    u64 at;      // of the encoded row in the arena
  };
  // One run, read block by block.
  class Source {
   public:
    Source(const RunFile& file, const Run& run) : reader_(file, run) { refill(); }
    [[nodiscard]] const Row* head() const { return row_.encoded.empty() ? nullptr : &row_; }
    void next() {
      rest_ = rest_.subspan(row_.encoded.size());
      refill();
    }

   private:
    void refill();
    RunReader reader_;
    std::span<const std::byte> rest_;
    Row row_;
  };
  using Merge = LoserTree<Source, RowLess>;

  // Entries lie at the end of the arena and grow down towards the rows.
  [[nodiscard]] Entry* entries() const {
    return reinterpret_cast<Entry*>(arena_.data() + arena_.bytes()) - held_;
  }
  std::byte* room_for(std::size_t encoded_bytes);
  void added(std::byte* encoded);
  void push_large(std::span<const std::byte> encoded);
  void sort_memory();
  void spill();
  void merge_some();
  [[nodiscard]] Merge merge_of(std::size_t runs) const;
  // Runs merged at once: each may have a row of the largest size at its head, the result another.
  [[nodiscard]] std::size_t fan_in() const;

  std::string name_;
  Lease lease_;
  MemoryPlan plan_;
  u64 force_spill_rows_;
  Arena arena_;
  std::size_t used_ = 0;  // bytes of encoded rows in the arena
  std::size_t held_ = 0;  // rows in the arena
  RunFile file_;
  std::vector<Run> runs_;
  u64 spilled_rows_ = 0;
  u64 bytes_ = 0;
  std::size_t largest_ = 0;  // bytes of an encoded row
  bool sorted_ = false;
};

class Rows::Cursor {
 public:
  // The next row, valid until the next call; null at the end.
  const Row* next();

 private:
  friend class Rows;
  explicit Cursor(const Rows& rows);
  void open_run();

  const Rows* rows_;
  bool begun_ = false;
  std::size_t next_run_ = 0;
  std::size_t next_held_ = 0;  // in memory: which entry (sorted) or which byte (unsorted)
  Row row_;
  std::optional<Source> run_;
  std::optional<Merge> merge_;
};

inline Rows::Cursor Rows::cursor() const { return Cursor(*this); }

template <class F>
void Rows::drain(F&& f) {
  if (sorted_) {
    Cursor cursor(*this);
    while (const Row* row = cursor.next()) f(*row);
  } else {
    for (const Run& run : runs_) {
      for (Source source(file_, run); source.head() != nullptr; source.next()) f(*source.head());
      file_.discard(run);
    }
    runs_.clear();
    const std::span<const std::byte> held{arena_.data(), used_};
    for (std::size_t at = 0; at < used_;) {
      const Row row = RowFormat::read(held.subspan(at));
      f(row);
      at += row.encoded.size();
      arena_.give_back(at);
    }
  }
  clear();
  arena_ = {};
}

template <class F>
void Rows::for_each(F&& f) const {
  Cursor cursor(*this);
  while (const Row* row = cursor.next()) f(row->key, row->payload);
}

}  // namespace shardmill

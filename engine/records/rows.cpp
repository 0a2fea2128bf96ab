#include "engine/records/rows.hpp"

#include <algorithm>
#include <utility>

#include "engine/records/sort_records.hpp"

namespace shardmill {
namespace {

u64 prefix_of(std::string_view key) {
  u64 prefix = 0;
  const std::size_t n = std::min<std::size_t>(key.size(), 8);
  for (std::size_t i = 0; i < n; ++i) {
    prefix |= u64{static_cast<unsigned char>(key[i])} << (56 - 8 * i);
  }
  return prefix;
}

// Entries lie at the end of the arena, so its size must keep them aligned.
constexpr std::size_t kEntryAlign = alignof(u64);

}  // namespace

Rows::Rows(Cluster& cluster, std::string name, Lease lease)
    : name_(std::move(name)),
      lease_(std::move(lease)),
      plan_(MemoryPlan::of(lease_.bytes())),
      force_spill_rows_(cluster.force_spill_rows),
      file_(&cluster.scratch, name_, &cluster.watchdog) {
  plan_.arena_bytes -= plan_.arena_bytes % kEntryAlign;
}

// Where an encoded row of so many bytes goes; null when it is too large for an empty arena.
std::byte* Rows::room_for(std::size_t encoded_bytes) {
  if (arena_.data() == nullptr) arena_ = Arena(plan_.arena_bytes);
  const std::size_t need = encoded_bytes + sizeof(Entry);
  const bool full = arena_.bytes() - used_ - held_ * sizeof(Entry) < need;
  if (full || (force_spill_rows_ > 0 && held_ >= force_spill_rows_)) spill();
  return arena_.bytes() < need ? nullptr : arena_.data() + used_;
}

void Rows::added(std::byte* encoded) {
  const auto at = static_cast<u64>(encoded - arena_.data());
  const Row row = RowFormat::read({encoded, arena_.bytes() - at});
  ++held_;
  entries()[0] = {prefix_of(row.key), at};
  used_ += row.encoded.size();
  largest_ = std::max(largest_, row.encoded.size());
  bytes_ += row.encoded.size() - RowFormat::kLengths;
  sorted_ = false;
}

void Rows::push(std::string_view key, std::string_view payload) {
  const std::size_t bytes = RowFormat::bytes_of(key, payload);
  if (std::byte* into = room_for(bytes)) {
    RowFormat::write(into, key, payload);
    added(into);
    return;
  }
  std::vector<std::byte> encoded(bytes);
  RowFormat::write(encoded.data(), key, payload);
  push_large(encoded);
}

void Rows::push_encoded(std::span<const std::byte> rows) {
  while (!rows.empty()) {
    const Row row = RowFormat::read(rows);
    if (std::byte* into = room_for(row.encoded.size())) {
      std::memcpy(into, row.encoded.data(), row.encoded.size());
      added(into);
    } else {
      push_large(row.encoded);
    }
    rows = rows.subspan(row.encoded.size());
  }
}

// A row larger than the arena is a run of its own.
void Rows::push_large(std::span<const std::byte> encoded) {
  const u64 begin = file_.end();
  file_.write_block(encoded);
  runs_.push_back({begin, file_.end()});
  ++spilled_rows_;
  largest_ = std::max(largest_, encoded.size());
  bytes_ += encoded.size() - RowFormat::kLengths;
  sorted_ = false;
}

void Rows::sort_memory() {
  const std::span<const std::byte> rows{arena_.data(), used_};
  const auto less = [rows](const Entry& a, const Entry& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    return RowLess{}(RowFormat::read(rows.subspan(a.at)), RowFormat::read(rows.subspan(b.at)));
  };
  sort_by_leading(
      std::span(entries(), held_), less, [](const Entry& e) { return e.prefix; }, plan_.sort_bytes);
}

void Rows::spill() {
  if (held_ == 0) return;
  sort_memory();
  RunWriter writer(file_, plan_.block_bytes);
  const std::span<const std::byte> rows{arena_.data(), used_};
  for (const Entry& entry : std::span(entries(), held_)) {
    writer.append(RowFormat::read(rows.subspan(entry.at)).encoded);
  }
  runs_.push_back(writer.finish());
  spilled_rows_ += std::exchange(held_, 0);
  used_ = 0;
}

void Rows::clear() {
  for (const Run& run : runs_) file_.discard(run);
  runs_.clear();
  used_ = held_ = largest_ = 0;
  spilled_rows_ = bytes_ = 0;
  sorted_ = false;
}

void Rows::sort() {
  if (sorted_) return;
  if (runs_.empty()) {
    if (held_ > 0) sort_memory();
  } else {
    spill();
    arena_ = {};  // its lease is now for the blocks being merged
    while (runs_.size() > fan_in()) merge_some();
  }
  sorted_ = true;
}

std::size_t Rows::fan_in() const {
  const std::size_t lease = plan_.arena_bytes + 2 * plan_.block_bytes;
  const std::size_t heads = lease / std::max(plan_.block_bytes, largest_);
  return std::clamp<std::size_t>(heads, 3, plan_.fan_in + 1) - 1;
}

Rows::Merge Rows::merge_of(std::size_t runs) const {
  std::vector<Source> sources;
  sources.reserve(runs);
  for (std::size_t i = 0; i < runs; ++i) sources.emplace_back(file_, runs_[i]);
  return Merge(std::move(sources), RowLess{});
}

// The first runs become one at the end: no more of them than are needed to get to fan_in.
void Rows::merge_some() {
  const std::size_t count = std::min(fan_in(), runs_.size() - fan_in() + 1);
  RunWriter writer(file_, plan_.block_bytes);
  for (Merge merge = merge_of(count); const Row* row = merge.head(); merge.next()) {
    writer.append(row->encoded);
  }
  const Run merged = writer.finish();
  for (std::size_t i = 0; i < count; ++i) file_.discard(runs_[i]);
  runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(count));
  runs_.push_back(merged);
}

void Rows::Source::refill() {
  if (rest_.empty()) rest_ = reader_.next();
  row_ = rest_.empty() ? Row{} : RowFormat::read(rest_);
}

Rows::Cursor::Cursor(const Rows& rows) : rows_(&rows) {
  if (rows.sorted_ && !rows.runs_.empty()) {
    merge_.emplace(rows.merge_of(rows.runs_.size()));
  } else {
    open_run();
  }
}

void Rows::Cursor::open_run() {
  run_.reset();
  begun_ = false;
  if (next_run_ < rows_->runs_.size()) run_.emplace(rows_->file_, rows_->runs_[next_run_++]);
}

const Row* Rows::Cursor::next() {
  if (merge_.has_value()) {
    if (std::exchange(begun_, true) && merge_->head() != nullptr) merge_->next();
    return merge_->head();
  }
  while (run_.has_value()) {
    if (std::exchange(begun_, true) && run_->head() != nullptr) run_->next();
    if (run_->head() != nullptr) return run_->head();
    open_run();
  }
  const std::span<const std::byte> held{rows_->arena_.data(), rows_->used_};
  if (rows_->sorted_) {
    if (next_held_ == rows_->held_) return nullptr;
    row_ = RowFormat::read(held.subspan(rows_->entries()[next_held_++].at));
  } else {
    if (next_held_ == held.size()) return nullptr;
    row_ = RowFormat::read(held.subspan(next_held_));
    next_held_ += row_.encoded.size();
  }
  return &row_;
}

}  // namespace shardmill
